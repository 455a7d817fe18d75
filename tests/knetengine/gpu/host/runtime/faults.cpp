// Words for what a launch did wrong, and who it was.
#include "grid.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace kn {

void blame(unsigned number, const char* format, ...) {
  if (grid.failed) return;
  grid.failed = true;
  Fault& fault = *grid.fault;
  const uint3 thread = grid.coordinates[number];
  std::memcpy(fault.block, &blockIdx, sizeof fault.block);
  std::memcpy(fault.thread, &thread, sizeof fault.thread);
  va_list values;
  va_start(values, format);
  std::vsnprintf(fault.text, sizeof fault.text, format, values);
  va_end(values);
}

static bool same_place(const Thread& a, const Thread& b) {
  return a.operation == b.operation && a.place.line == b.place.line &&
         (a.place.file == b.place.file || !std::strcmp(a.place.file, b.place.file));
}

bool waits_together_in_block(const Thread& a, const Thread& b) {
  return b.state == State::waits_for_block && same_place(a, b);
}

// CUDA allows __syncwarp in the two branches of a condition; other operations have to be the same.
bool waits_together_in_warp(const Thread& a, const Thread& b) {
  if (b.state != State::waits_for_warp || a.mask != b.mask) return false;
  return a.operation == Operation::warp_barrier ? b.operation == a.operation : same_place(a, b);
}

namespace {

const char* name(Operation operation) {
  switch (operation) {
    case Operation::barrier: return "__syncthreads()";
    case Operation::barrier_count: return "__syncthreads_count()";
    case Operation::barrier_and: return "__syncthreads_and()";
    case Operation::barrier_or: return "__syncthreads_or()";
    case Operation::warp_barrier: return "__syncwarp()";
    case Operation::shuffle: return "a shuffle";
    case Operation::vote: return "a vote";
  }
  return "?";
}

// "thread (1,0,0) has left the kernel" and the like.
struct Description {
  char text[160];
  explicit Description(unsigned number) {
    const Thread& thread = grid.threads[number];
    const uint3 at = grid.coordinates[number];
    char what[120] = "has left the kernel";
    if (thread.state != State::left) {
      const char* slash = std::strrchr(thread.place.file, '/');
      char mask[24] = "";
      if (thread.state == State::waits_for_warp)
        std::snprintf(mask, sizeof mask, " with mask 0x%x", thread.mask);
      std::snprintf(what, sizeof what, "waits at %s%s, %.60s:%d", name(thread.operation), mask,
                    slash ? slash + 1 : thread.place.file, thread.place.line);
    }
    std::snprintf(text, sizeof text, "thread (%u,%u,%u) %s", at.x, at.y, at.z, what);
  }
};

}  // namespace

void report_divergence() {
  unsigned waiting = 0;
  while (grid.threads[waiting].state == State::left) ++waiting;
  const Thread& thread = grid.threads[waiting];
  const bool of_warp = thread.state == State::waits_for_warp;
  const unsigned first = of_warp ? waiting / warp_lanes * warp_lanes : 0;
  const unsigned end = of_warp && first + warp_lanes < grid.count ? first + warp_lanes : grid.count;
  for (unsigned number = first; number < end; ++number) {
    const Thread& other = grid.threads[number];
    if (of_warp && (other.state == State::left || !(thread.mask >> (number - first) & 1))) continue;
    if (of_warp ? waits_together_in_warp(thread, other) : waits_together_in_block(thread, other))
      continue;
    blame(waiting, "barrier divergence: %s; %s", Description(waiting).text,
          Description(number).text);
    return;
  }
}

}  // namespace kn
