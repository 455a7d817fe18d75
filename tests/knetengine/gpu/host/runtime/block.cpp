#include "announcements.h"
#include "grid.h"

#include <cstring>

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace kn {

Grid grid;

namespace {

// ThreadSanitizer keeps what has been released by address, in cells of 8 bytes.
struct alignas(8) Token {
  char cell[8];
};

Token start_token, end_token, fence_token;
Token block_tokens[most_sets], warp_tokens[most_sets][warp_lanes];

// Running threads

void go_to(unsigned number, Fiber& fiber) {
  grid.number = number;
  grid.inside = true;
  transfer(grid.scheduler, fiber);
  grid.inside = false;
}

void become(unsigned number, Fiber& fiber) {
  grid.number = number;
  threadIdx = grid.coordinates[number];
  Thread& thread = grid.threads[number];
  thread.fiber = &fiber;
  thread.state = State::ready;
}

// What a fiber does all its life.
void body() {
  arrive(grid.scheduler);
  Fiber& self = *grid.idle.back();
  for (;;) {
    grid.idle.pop_back();
    do {
      become(grid.arranged[grid.started++], self);
      acquire(&start_token);
      grid.run(grid.arguments);
      release(&end_token);
      running().state = State::left;
      ++grid.left;
    } while (!one_fiber_a_thread && grid.started < grid.count);
    grid.idle.push_back(&self);
    transfer(self, grid.scheduler);
  }
}

// The fiber for the next thread that starts is put at the back of the idle ones.
bool provide_fiber() {
  const unsigned next = grid.arranged[grid.started];
  Fiber* fiber = nullptr;
  if (one_fiber_a_thread) {
    fiber = &grid.fibers[grid.set * grid.count + next];
    grid.idle.assign(1, fiber);
  } else if (!grid.idle.empty()) {
    return true;
  } else {
    for (Fiber& each : grid.fibers)
      if (!each.stack) {
        fiber = &each;
        break;
      }
    grid.idle.push_back(fiber);
  }
  return fiber->stack || create(*fiber, body);
}

bool start_threads() {
  while (grid.started < grid.count && !grid.failed) {
    const unsigned next = grid.arranged[grid.started];
    if (!provide_fiber()) {
      blame(next, "there is no memory for the thread's stack");
      return false;
    }
    go_to(next, *grid.idle.back());
  }
  return !grid.failed;
}

bool resume_threads() {
  if (grid.order.changes()) grid.order.arrange(grid.arranged, grid.count);
  for (unsigned i = 0; i < grid.count && !grid.failed; ++i) {
    const unsigned number = grid.arranged[i];
    Thread& thread = grid.threads[number];
    if (thread.state != State::ready) continue;
    threadIdx = grid.coordinates[number];
    go_to(number, *thread.fiber);
  }
  return !grid.failed;
}

// Letting threads go on

// All of a group has come: what each did before happened before what any of them does next. It is
// said for all at once, by the scheduler, before any of them goes on: what a thread does after a
// barrier would otherwise be seen by those that have not yet been resumed from it.
template <class Member>
void synchronise([[maybe_unused]] Token& token, [[maybe_unused]] unsigned first,
                 [[maybe_unused]] unsigned count, [[maybe_unused]] Member is_member) {
#ifdef KN_THREAD
  for (auto order : {release, acquire})
    for (unsigned number = first; number < first + count; ++number)
      if (is_member(number)) {
        assume_identity(grid.threads[number].fiber->identity);
        order(&token);
      }
  assume_identity(grid.scheduler.identity);
#endif
}

bool release_block() {
  u64 set = 0;
  for (unsigned number = 0; number < grid.count; ++number) {
    const Thread& thread = grid.threads[number];
    if (!waits_together_in_block(grid.threads[0], thread)) return false;
    set += thread.value != 0;
  }
  for (unsigned number = 0; number < grid.count; ++number) {
    grid.threads[number].outcome = {set, 0, 0};
    grid.threads[number].state = State::ready;
  }
  synchronise(block_tokens[grid.set], 0, grid.count, [](unsigned) { return true; });
  return true;
}

// The lanes of a mask that have not left, if all of them wait together with this one; or 0.
unsigned complete_group(unsigned first, unsigned lanes, const Thread& leader) {
  unsigned group = 0;
  for (unsigned lane = 0; lane < lanes; ++lane) {
    const Thread& thread = grid.threads[first + lane];
    if (!(leader.mask >> lane & 1) || thread.state == State::left) continue;
    if (!waits_together_in_warp(leader, thread)) return 0;
    group |= 1u << lane;
  }
  return group;
}

void exchange(unsigned first, unsigned group) {
  unsigned ballot = 0;
  for (unsigned lane = 0; lane < warp_lanes; ++lane)
    if (group >> lane & 1 && grid.threads[first + lane].value) ballot |= 1u << lane;
  for (unsigned lane = 0; lane < warp_lanes; ++lane) {
    if (!(group >> lane & 1)) continue;
    Thread& thread = grid.threads[first + lane];
    const bool takes_part = group >> thread.source & 1;
    thread.outcome = {takes_part ? grid.threads[first + thread.source].value : ~0ull, ballot, group};
    thread.state = State::ready;
  }
}

bool release_warps() {
  bool any = false;
  for (unsigned first = 0; first < grid.count; first += warp_lanes) {
    const unsigned lanes = grid.count - first < warp_lanes ? grid.count - first : warp_lanes;
    for (unsigned lane = 0; lane < lanes; ++lane) {
      const Thread& thread = grid.threads[first + lane];
      if (thread.state != State::waits_for_warp) continue;
      const unsigned group = complete_group(first, lanes, thread);
      if (!group) continue;
      exchange(first, group);
      synchronise(warp_tokens[grid.set][first / warp_lanes], first, lanes,
                  [&](unsigned number) { return group >> (number - first) & 1; });
      any = true;
    }
  }
  return any;
}

}  // namespace

// What kernels call

static Outcome wait(State state, Operation operation, unsigned mask, u64 value, unsigned source,
                    Place place) {
  grid.waited = true;
  Thread& self = running();
  self.state = state;
  self.operation = operation;
  self.mask = mask;
  self.source = source;
  self.value = value;
  self.place = place;
  transfer(*self.fiber, grid.scheduler);
  return self.outcome;
}

Outcome wait_for_block(Operation operation, u64 value, Place place) {
  return wait(State::waits_for_block, operation, 0, value, 0, place);
}

Outcome wait_for_warp(Operation operation, unsigned mask, u64 value, unsigned source, Place place) {
  if (!(mask >> lane() & 1)) fail(place, "a warp operation's mask does not have the lane itself");
  return wait(State::waits_for_warp, operation, mask, value, source, place);
}

unsigned lane() { return grid.number % warp_lanes; }

void* dynamic_shared() { return grid.dynamic_shared; }

void fence() {
  acquire(&fence_token);
  release(&fence_token);
}

void fail(Place place, const char* reason) {
  const char* slash = std::strrchr(place.file, '/');
  blame(grid.number, "%s, %s:%d", reason, slash ? slash + 1 : place.file, place.line);
  for (;;) transfer(*running().fiber, grid.scheduler);  // which does not come back
}

// What the launch calls

void begin_grid(Run run, void* const* arguments, Order order, Fault* fault) {
  adopt(grid.scheduler);
  grid.run = run;
  grid.arguments = arguments;
  grid.order = order;
  grid.fault = fault;
  grid.failed = false;
  grid.set = 0;
  grid.idle.reserve(identities);  // growing would be seen as accesses of the thread that runs
  const unsigned count = blockDim.x * blockDim.y * blockDim.z;
#ifdef KN_THREAD
  if (grid.count != count) abandon();  // a fiber's place depends on how many threads there are
#endif
  grid.count = count;
  for (unsigned number = 0; number < count; ++number)
    grid.coordinates[number] = {number % blockDim.x, number / blockDim.x % blockDim.y,
                                number / (blockDim.x * blockDim.y)};
  grid.order.arrange(grid.arranged, count);
}

bool run_block(void* dynamic_shared) {
  grid.dynamic_shared = dynamic_shared;
  grid.started = grid.left = 0;
  grid.waited = false;
  if (one_fiber_a_thread) {
    const unsigned sets = identities / grid.count;
    grid.set = (grid.set + 1) % (sets < most_sets ? sets : most_sets);
  }
  if (grid.order.changes()) grid.order.arrange(grid.arranged, grid.count);
  release(&start_token);
  if (!start_threads()) return false;
  while (grid.left < grid.count) {
    const bool warps = release_warps();
    if (!warps && !release_block()) {
      report_divergence();
      return false;
    }
    if (!resume_threads()) return false;
  }
  return true;
}

void end_grid() { acquire(&end_token); }

void abandon() {
  for (Fiber& fiber : grid.fibers) {
    if (!fiber.stack) continue;
    assume_identity(fiber.identity);
    release(&end_token);  // it is over for those, too, that were left in the middle
    assume_identity(grid.scheduler.identity);
    destroy(fiber);
  }
  acquire(&end_token);
  grid.idle.clear();
  grid.inside = false;
}

bool has_waited() { return grid.waited; }

bool inside_kernel() { return grid.inside; }

void blame_running_thread(const char* text, std::uint64_t address) {
  blame(grid.number, "%s", text);
  grid.fault->address = address;
}

}  // namespace kn
