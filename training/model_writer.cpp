#include "model_writer.hpp"

#include "embed/model_file.hpp"
#include "files.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <span>

namespace rag::training {

namespace {

constexpr float code_max = 127.0F;

std::string make_manifest(const NewModel& model) {
    nlohmann::ordered_json manifest;
    manifest["name"] = model.name;
    manifest["sources"] = nlohmann::ordered_json::array();
    for (const TextSource& source : model.sources) {
        manifest["sources"].push_back({{"name", source.name},
                                       {"licence", source.licence},
                                       {"attribution", source.attribution}});
    }
    return manifest.dump(1);
}

}  // namespace

std::string write_model(const NewModel& model) {
    const std::size_t tokens = lines_of(model.vocabulary).size();
    if (tokens == 0 || model.rows.empty() || model.rows.size() % tokens != 0) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} numbers are no rows for {} tokens; take the vocabulary that "
                                "the rows were trained with.",
                                model.rows.size(), tokens));
    }
    const std::size_t dimensions = model.rows.size() / tokens;
    std::vector<float> scales;
    std::vector<std::int8_t> codes;
    codes.reserve(model.rows.size());
    for (std::size_t token = 0; token < tokens; ++token) {
        const auto row = std::span(model.rows).subspan(token * dimensions, dimensions);
        float largest = 0;
        for (const float number : row) {
            largest = std::max(largest, std::abs(number));
        }
        const float scale = largest > 0 ? largest / code_max : 1.0F;
        scales.push_back(scale);
        for (const float number : row) {
            codes.push_back(static_cast<std::int8_t>(std::lround(number / scale)));
        }
    }
    return embed::write_model_file({.name = model.name,
                                    .dimensions = dimensions,
                                    .vocabulary = model.vocabulary,
                                    .manifest = make_manifest(model),
                                    .scales = scales,
                                    .codes = codes});
}

}  // namespace rag::training
