#include "http/wire_client.hpp"

#include "http/message.hpp"

#include <utility>

namespace rag::http {

Route echo_route(std::string method, std::string path, Place place) {
    return Route{
        std::move(method), std::move(path), place, [](const std::shared_ptr<Exchange>& exchange) {
            const Request& request = exchange->request();
            exchange->respond(make_text_response(
                200, "text/plain", request.method + ' ' + request.path + ' ' + request.body));
        }};
}

}  // namespace rag::http
