#pragma once

#include "rag/clock.hpp"

namespace rag {

/// The machine's clock.
class SystemClock final : public Clock {
public:
    Timestamp now() const override;
    SteadyTime steady_now() const override;
};

/// Random ids from the system's cryptographic source.
class RandomIds final : public IdSource {
public:
    std::string uuid() override;
};

}  // namespace rag
