#pragma once

// The HTTP library. Newer versions of it forbid to derive from its client over TLS, as Connection
// does to read answers through a stream of its own. The word changes nothing of what the class is
// made of, and the library calls what is overridden through the base, which may be derived from.
// It is hidden while the library is read; its own headers come first.
#include <openssl/ssl.h>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <thread>

#pragma GCC diagnostic push
#if defined(__clang__)
#pragma GCC diagnostic ignored "-Wkeyword-macro"
#endif
#define final
#include <httplib.h>
#undef final
#pragma GCC diagnostic pop
