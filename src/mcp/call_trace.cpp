#include "mcp/call_trace.hpp"

#include "base/trace_parent.hpp"
#include "mcp/mirrored_headers.hpp"

namespace rag::mcp {
namespace {

std::string normalise(std::string_view text) {
    const auto trace = parse_trace_parent(text);
    return trace ? trace->text() : std::string();
}

}  // namespace

std::string find_trace_parent(const Json& params, const Arrival& arrival) {
    const auto meta = params.find("_meta");
    if (meta != params.end() && meta->is_object()) {
        const auto stated = meta->find("traceparent");
        if (stated != meta->end() && stated->is_string()) {
            return normalise(stated->get_ref<const std::string&>());
        }
    }
    if (arrival.headers != nullptr) {
        if (const auto header = find_header(*arrival.headers, "traceparent")) {
            return normalise(*header);
        }
    }
    return {};
}

log::Mark make_mark(const CallContext& context) {
    log::Mark mark{context.request_id, {}, {}};
    if (const auto trace = parse_trace_parent(context.trace_parent)) {
        mark.trace_id = trace->trace_id;
        mark.span_id = trace->span_id;
    }
    return mark;
}

}  // namespace rag::mcp
