// In which order blocks, and the threads of a block between two barriers, are run.
#pragma once
#include <cstdint>
#include <numeric>
#include <utility>

namespace kn {

enum class Direction : std::uint32_t { forward, backward, seeded };

class Order {
 public:
  Order() = default;
  Order(Direction direction, std::uint64_t seed) : direction_(direction), state_(seed) {}

  // Numbers 0 to count - 1 into numbers. Seeded, every call gives another permutation.
  void arrange(unsigned* numbers, unsigned count) {
    for (unsigned i = 0; i < count; ++i)
      numbers[i] = direction_ == Direction::backward ? count - 1 - i : i;
    if (direction_ != Direction::seeded) return;
    for (unsigned i = count; i > 1; --i) std::swap(numbers[i - 1], numbers[random() % i]);
  }

  bool changes() const { return direction_ == Direction::seeded; }

  // Draws the permutation for `at`: i -> (multiplier * i + offset) mod count. It takes no memory,
  // however many blocks there are.
  void draw(std::uint64_t count) {
    count_ = count;
    if (direction_ != Direction::seeded || count < 2) return;
    do multiplier_ = random() % count;
    while (std::gcd(multiplier_, count) != 1);
    offset_ = random() % count;
  }

  std::uint64_t at(std::uint64_t i) const {
    if (direction_ == Direction::backward) return count_ - 1 - i;
    const auto wide = static_cast<unsigned __int128>(multiplier_) * i + offset_;
    return static_cast<std::uint64_t>(wide % count_);
  }

 private:
  // SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
  std::uint64_t random() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  Direction direction_ = Direction::forward;
  std::uint64_t state_ = 0;
  std::uint64_t count_ = 0, multiplier_ = 1, offset_ = 0;
};

}  // namespace kn
