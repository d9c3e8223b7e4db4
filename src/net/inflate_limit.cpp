#include "net/inflate_limit.hpp"

#include "rag/error.hpp"

#include <brotli/decode.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <functional>

namespace rag::net {
namespace {

constexpr std::size_t ratio_max = 300;
constexpr std::size_t ratio_free_bytes = 1024 * 1024;
constexpr std::size_t step_bytes = 16 * 1024;

[[noreturn]] void fail(const std::string& what) {
    throw Error(ErrorCode::unavailable, "The answer " + what + '.');
}

using Sink = std::function<bool(std::string_view)>;

}  // namespace

struct BodyLimit::Decoder {
    virtual ~Decoder() = default;
    /// False as soon as the sink said so.
    virtual bool decode(std::string_view bytes, const Sink& sink) = 0;
};

/// gzip (several members too) and deflate, with and without the zlib wrapper (RFC 9110, 8.4.1.2:
/// some servers send the bare stream).
struct BodyLimit::Zlib final : Decoder {
    explicit Zlib(bool gzip) : is_gzip(gzip) { open(gzip ? 16 + MAX_WBITS : MAX_WBITS); }
    ~Zlib() override { inflateEnd(&stream); }
    Zlib(const Zlib&) = delete;
    Zlib& operator=(const Zlib&) = delete;

    bool decode(std::string_view bytes, const Sink& sink) override {
        if (!is_gzip && !started && !bytes.empty() && (bytes.front() & 0x0F) != 8) {
            inflateEnd(&stream);
            open(-MAX_WBITS);
        }
        started = started || !bytes.empty();
        // zlib reads through a pointer to non-const, and never writes there.
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream.avail_in = static_cast<uInt>(bytes.size());
        std::array<char, step_bytes> out{};
        while (!ended) {
            stream.next_out = reinterpret_cast<Bytef*>(out.data());
            stream.avail_out = static_cast<uInt>(out.size());
            const int result = inflate(&stream, Z_NO_FLUSH);
            if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
                fail("is not the compressed data that it says it is");
            }
            const std::size_t made = out.size() - stream.avail_out;
            if (made > 0 && !sink({out.data(), made})) {
                return false;
            }
            if (result == Z_STREAM_END) {
                next_member();
            } else if (made < out.size()) {
                break;
            }
        }
        return true;
    }

    void open(int window_bits) {
        stream = z_stream{};
        if (inflateInit2(&stream, window_bits) != Z_OK) {
            fail("cannot be decompressed here");
        }
    }

    void next_member() {
        ended = !is_gzip || stream.avail_in == 0 || *stream.next_in != 0x1F;
        if (!ended && inflateReset(&stream) != Z_OK) {
            ended = true;
        }
    }

    z_stream stream{};
    bool is_gzip;
    bool started = false;
    bool ended = false;
};

struct BodyLimit::Brotli final : Decoder {
    Brotli() : state(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
        if (state == nullptr) {
            fail("cannot be decompressed here");
        }
    }
    ~Brotli() override { BrotliDecoderDestroyInstance(state); }
    Brotli(const Brotli&) = delete;
    Brotli& operator=(const Brotli&) = delete;

    bool decode(std::string_view bytes, const Sink& sink) override {
        const auto* next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
        std::size_t left = bytes.size();
        std::array<char, step_bytes> out{};
        for (;;) {
            auto* next_out = reinterpret_cast<std::uint8_t*>(out.data());
            std::size_t room = out.size();
            const BrotliDecoderResult result =
                BrotliDecoderDecompressStream(state, &left, &next_in, &room, &next_out, nullptr);
            if (result == BROTLI_DECODER_RESULT_ERROR) {
                fail("is not the compressed data that it says it is");
            }
            if (room < out.size() && !sink({out.data(), out.size() - room})) {
                return false;
            }
            if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
                return true;
            }
        }
    }

    BrotliDecoderState* state;
};

BodyLimit::BodyLimit(std::string_view coding, std::size_t bytes_max) : bytes_max_(bytes_max) {
    std::string name(coding);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (name == "gzip" || name == "x-gzip") {
        decoder_ = std::make_unique<Zlib>(true);
    } else if (name == "deflate") {
        decoder_ = std::make_unique<Zlib>(false);
    } else if (name == "br") {
        decoder_ = std::make_unique<Brotli>();
    } else if (!name.empty() && name != "identity") {
        fail("comes in a content coding that was not asked for");
    }
}

BodyLimit::~BodyLimit() = default;

bool BodyLimit::feed(std::string_view bytes) {
    bytes_in_ += bytes.size();
    if (decoder_ == nullptr) {
        return keep(bytes);
    }
    return decoder_->decode(bytes, [this](std::string_view out) { return keep(out); });
}

bool BodyLimit::keep(std::string_view out) {
    const std::size_t room = bytes_max_ - body_.size();
    body_.append(out.substr(0, room));
    if (decoder_ != nullptr && body_.size() > ratio_free_bytes &&
        body_.size() / ratio_max > bytes_in_) {
        fail("grows more than 300 times when decompressed, as no honest page does");
    }
    truncated_ = truncated_ || out.size() > room;
    return !truncated_;
}

}  // namespace rag::net
