#pragma once

#include "rag/http_client.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace rag::http {

/// A request that has been read whole, under the server's limits.
struct Request {
    std::string method;
    std::string path;     ///< Percent-decoded, begins with '/', without query and trailing slash.
    std::string query;    ///< As it came, without '?'.
    HttpHeaders headers;  ///< Names in lower case, values trimmed, in their order.
    std::string body;
    std::string peer;  ///< The peer's address, without port.

    /// The first value of the header, or an empty text. `name` in lower case.
    std::string_view header(std::string_view name) const;
    bool has_header(std::string_view name) const;
};

struct Response {
    int status = 200;
    HttpHeaders headers;
    std::string body;
};

/// What becomes of an event when the peer reads more slowly than we write.
enum class Delivery {
    droppable,  ///< Progress: dropped when the queue is full.
    required,   ///< Results: a full queue closes the stream.
};

/// An open answer that grows: server-sent events. Safe for concurrent use; outlives its connection,
/// writes to a connection that is gone are lost.
class EventStream {
public:
    virtual ~EventStream() = default;

    /// Queues bytes (one whole event or comment). False when the stream is closed or the peer gone.
    virtual bool write(std::string bytes, Delivery delivery) = 0;
    /// Ends the stream after what is queued. May be called more than once.
    virtual void close() = 0;
    /// Stop is requested when the peer has gone or the server shuts down.
    virtual std::stop_token gone() const = 0;
};

/// One request and the way to answer it. Handed to a handler, which answers exactly once, from any
/// thread, then or later. Dropped without an answer, it becomes a 500. Safe for concurrent use.
class Exchange {
public:
    virtual ~Exchange() = default;

    virtual const Request& request() const = 0;
    /// Stop is requested when the peer closes the connection before the answer is complete, and
    /// when the server's drain time is over.
    virtual std::stop_token gone() const = 0;

    virtual void respond(Response response) = 0;
    /// Answers with a stream instead; the headers go out at once.
    virtual std::shared_ptr<EventStream> respond_with_stream(int status, HttpHeaders headers) = 0;
};

using Handler = std::function<void(std::shared_ptr<Exchange>)>;

/// Where a handler runs.
enum class Place {
    network,  ///< On the network thread: must not block at all (health, metrics).
    worker,   ///< On the bounded "call" pool; a full queue is answered 503 with Retry-After.
};

struct Route {
    std::string method;  ///< "*" for any.
    std::string path;    ///< Exact, or a prefix when it ends in "/*".
    Place place = Place::worker;
    Handler handler;
};

/// Whether a request may go on; null lets it pass, a response ends it. Called with the head alone,
/// before the body is read, on the network thread unless the server's options say that it waits.
using Gate = std::function<std::unique_ptr<Response>(const Request& head)>;

}  // namespace rag::http
