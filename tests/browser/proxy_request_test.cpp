#include "browser/proxy_request.hpp"

#include "rag/error.hpp"

#include <doctest/doctest.h>

using namespace rag;
using namespace rag::browser;

TEST_CASE("proxy request: a tunnel names host and port, and nothing else") {
    const ProxyRequest request =
        read_proxy_request("CONNECT Example.org:8443 HTTP/1.1\r\nHost: example.org:8443\r\n\r\n");
    CHECK(request.is_tunnel);
    CHECK(request.url.host == "example.org");
    CHECK(request.url.port == 8443);
    CHECK(read_proxy_request("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n").url.host ==
          "2001:db8::1");
    for (const char* target : {"example.org", "example.org:", ":443", "[::1]", "a.test:99999",
                               "http://a.test:80", "a.test:443/x", "u@a.test:443", "a.test:4x"}) {
        INFO(target);
        CHECK_THROWS_AS(read_proxy_request("CONNECT " + std::string(target) + " HTTP/1.1\r\n\r\n"),
                        Error);
    }
}

TEST_CASE("proxy request: the origin gets its own form, its own host, and nothing meant for us") {
    const ProxyRequest request = read_proxy_request(
        "POST http://A.test:8080/p%7e?q=[1]|2 HTTP/1.1\r\nHost: inner.example\r\n"
        "Proxy-Connection: keep-alive\r\nproxy-authorization: Basic x\r\nConnection: keep-alive\r\n"
        "Upgrade: h2c\r\nX-One:  1 \r\nContent-Length: 12\r\n\r\n");
    CHECK_FALSE(request.is_tunnel);
    CHECK(request.url.host == "a.test");
    CHECK(request.body_bytes == 12);
    CHECK(request.head ==
          "POST /p%7e?q=[1]|2 HTTP/1.1\r\nHost: a.test:8080\r\nX-One: 1\r\nContent-Length: 12\r\n"
          "Connection: close\r\n\r\n");
    CHECK(read_proxy_request("GET http://a.test HTTP/1.1\r\n\r\n").head.starts_with("GET / HTTP"));
    CHECK(read_proxy_request("GET http://a.test?x HTTP/1.1\r\n\r\n").head.starts_with("GET /?x "));
}

TEST_CASE("proxy request: whatever two readers could read in two ways is refused") {
    for (const char* head :
         {"GET / HTTP/1.1\r\n\r\n", "GET https://a.test/ HTTP/1.1\r\n\r\n",
          "GET file:///etc/passwd HTTP/1.1\r\n\r\n", "GET http://a.test/ HTTP/1.0\r\n\r\n",
          "GET http://a.test/ b HTTP/1.1\r\n\r\n", "GET http://a.test/\x01 HTTP/1.1\r\n\r\n",
          "GET http://a.test/ HTTP/1.1\r\nX: 1\r\n folded\r\n\r\n",
          "GET http://a.test/ HTTP/1.1\r\nX : 1\r\n\r\n",
          "GET http://a.test/ HTTP/1.1\r\nX: 1\n\r\n\r\n",
          "GET http://a.test/ HTTP/1.1\r\nno header\r\n\r\n",
          "POST http://a.test/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "POST http://a.test/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
          "POST http://a.test/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
          "POST http://a.test/ HTTP/1.1\r\nContent-Length: 0x1\r\n\r\n", "GET", "\r\n\r\n"}) {
        INFO(head);
        CHECK_THROWS_AS(read_proxy_request(head), Error);
    }
}

TEST_CASE("proxy request: no line hides in the phrase of an answer's status") {
    using namespace std::string_literals;
    for (const std::string& phrase : {"OK\nConnection: keep-alive"s, "O\0K"s, "OK\rX: y"s}) {
        CHECK(rewrite_answer("HTTP/1.1 200 " + phrase + "\r\nX: y\r\n\r\n").head ==
              "HTTP/1.1 200\r\nX: y\r\nConnection: close\r\n\r\n");
    }
}

TEST_CASE("proxy request: an answer ends the connection, whatever the server says") {
    const AnswerHead answer = rewrite_answer(
        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nX: y\r\n"
        "broken line\r\n\r\n");
    CHECK(answer.head == "HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\n\r\n");
    CHECK_FALSE(answer.is_interim);
    const AnswerHead hints = rewrite_answer("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    CHECK(hints.is_interim);
    CHECK(hints.head.find("Connection") == std::string::npos);
    for (const char* head : {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "SSH-2.0-OpenSSH\r\n\r\n",
                             "HTTP/1.1\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 200 OK",
                             "HTTP/1.1 20x OK\r\n\r\n", "HTTP/1.1 20\r\n\r\n"}) {
        INFO(head);
        CHECK_THROWS_AS(rewrite_answer(head), Error);
    }
}
