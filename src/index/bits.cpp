#include "index/bits.hpp"

namespace rag::index {

static_assert(std::endian::native == std::endian::little,
              "Segments are little-endian and read in place.");

void pack_bits(std::span<const std::uint32_t> numbers, unsigned bits, std::vector<std::byte>& out) {
    std::uint64_t word = 0;
    unsigned filled = 0;
    for (const std::uint32_t number : numbers) {
        word |= static_cast<std::uint64_t>(number) << filled;
        for (filled += bits; filled >= 8; filled -= 8) {
            out.push_back(static_cast<std::byte>(word & 0xFFU));
            word >>= 8;
        }
    }
    if (filled > 0) {
        out.push_back(static_cast<std::byte>(word & 0xFFU));
    }
}

}  // namespace rag::index
