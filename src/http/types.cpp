#include "http/types.hpp"

namespace rag::http {

std::string_view Request::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

bool Request::has_header(std::string_view name) const {
    for (const auto& field : headers) {
        if (field.first == name) {
            return true;
        }
    }
    return false;
}

}  // namespace rag::http
