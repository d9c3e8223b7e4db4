#pragma once

#include "pairs.hpp"
#include "trainer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rag::training {

struct NewModel {
    std::string name;
    std::string_view vocabulary;  ///< A token a line.
    const Rows& rows;
    const std::vector<TextSource>& sources;
};

/// The bytes of a model file (embed/model_file.hpp). Each row is rounded to int8 by a scale of its
/// own. Throws Error{invalid_argument} where rows and vocabulary do not fit each other.
std::string write_model(const NewModel& model);

}  // namespace rag::training
