#pragma once

#include "config.hpp"

#include <string>
#include <vector>

namespace rag::cli {

enum class Verdict { good, notice, bad };

/// What an examination by `rag doctor` found.
struct Finding {
    std::string subject;
    Verdict verdict = Verdict::good;
    std::string sentence;  ///< What is so, and for a bad one what to do.
};

using Findings = std::vector<Finding>;

/// What stands open that need not: secrets that others can read or guess, ways that are not
/// encrypted, folders and hosts that agents reach. Looks at the configuration and at file modes
/// alone.
void examine_safety(const Config& config, Findings& findings);

}  // namespace rag::cli
