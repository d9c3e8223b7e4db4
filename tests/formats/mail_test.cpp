#include "formats/mail.hpp"
#include "formats/documents.hpp"
#include "formats/mime.hpp"

using namespace rag;
using namespace rag::test;

namespace {

std::string mail(const std::string& text) {
    return markdown_of(DocumentType::mail, text);
}

}  // namespace

TEST_CASE("eml: who wrote when to whom about what, then the text") {
    const ReadDocument message = formats::read_in_process(
        DocumentType::mail,
        "From: =?utf-8?q?J=C3=B6rg?= <j@example.com>\r\nTo: a@example.com,\r\n b@example.com\r\n"
        "Subject: =?UTF-8?B?R3LDvMOf?= =?UTF-8?B?ZQ==?= all\r\nDate: Fri, 21 Nov 1997 09:55:06 "
        "-0600\r\nMessage-ID: <1@x>\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nCaf=E9 at =\r\nnoon.\r\n# not a "
        "heading\r\n\r\nYours\r\n");
    CHECK(message.title == "Grüße all");
    CHECK(message.metadata.at("author") == "Jörg <j@example.com>");
    CHECK(message.metadata.at("to") == "a@example.com, b@example.com");
    CHECK(message.metadata.at("created_at") == "1997-11-21T15:55:06.000Z");
    CHECK(message.markdown ==
          "# Grüße all\n\nFrom: Jörg <j@example.com>\nTo: a@example.com, b@example.com\n"
          "Date: Fri, 21 Nov 1997 09:55:06 -0600\n\nCafé at noon.\n\\# not a heading\n\nYours\n");
}

TEST_CASE("eml: of two forms the plain one is read, HTML where there is no other") {
    const std::string head =
        "From: a@x\nSubject: S\nContent-Type: multipart/mixed; boundary=\"o\"\n"
        "\n--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\n";
    const std::string html =
        "Content-Type: text/html; charset=utf-8\n"
        "Content-Transfer-Encoding: base64\n\nPGgyPkhpPC9oMj48cD50aGVyZTwvcD4=\n";
    const std::string plain = "Content-Type: text/plain\n\nplain words\n";
    const std::string attachment =
        "--o\nContent-Type: application/pdf\nContent-Disposition: attachment;\n"
        " filename*0*=utf-8''Pl%C3%A4; filename*1=ne.pdf\n\n%PDF\n--o--\n";
    CHECK(mail(head + plain + "--i\n" + html + "--i--\n" + attachment) ==
          "# S\n\nFrom: a@x\n\nplain words\n\nAttachments: Pläne.pdf\n");
    CHECK(mail(head + html + "--i--\n--o--\n") == "# S\n\nFrom: a@x\n\n## Hi\n\nthere\n");
}

TEST_CASE("eml: a message inside a message is read, however deep they nest nothing breaks") {
    CHECK(holds(mail("From: a@x\nSubject: Outer\nContent-Type: message/rfc822\n\nFrom: b@x\n"
                     "Subject: Inner\n\nwords inside"),
                "## Inner\n\nFrom: b@x\n\nwords inside\n"));
    std::string deep = "From: a@x\nSubject: D\n";
    for (int i = 0; i < 5'000; ++i) {
        deep += "Content-Type: message/rfc822\n\nSubject: d\n";
    }
    CHECK(!mail(deep + "\nend").empty());
    std::string parts = "From: a@x\nSubject: D\n";
    for (int i = 0; i < 5'000; ++i) {
        const std::string boundary = "b" + std::to_string(i);
        parts += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
    }
    CHECK(!mail(parts + "\nend").empty());
    CHECK(holds(refusal_of(DocumentType::mail, "no mail"), "no mail"));
}

TEST_CASE("mbox: each message is a section") {
    const ReadDocument box = formats::read_in_process(
        DocumentType::mailbox,
        "From a@x Fri Nov 21 09:55:06 1997\nFrom: a@x\nSubject: One\n\nFirst.\n>From here on.\n\n"
        "From b@x Fri Nov 21 10:55:06 1997\nFrom: b@x\nSubject: Two\n\nSecond.\n");
    CHECK(box.markdown ==
          "# One\n\nFrom: a@x\n\nFirst.\nFrom here on.\n\n# Two\n\nFrom: b@x\n\nSecond.\n");
    CHECK(box.metadata.at("message_count") == 2);
    CHECK(holds(refusal_of(DocumentType::mailbox, "words"), "no mailbox"));
}

TEST_CASE("mime: encodings are read as they are met") {
    CHECK(formats::decode_base64_loosely("SGVs\r\nbG8") == "Hello");
    CHECK(formats::decode_base64_loosely("SGVsbG8=\n--junk").starts_with("Hello"));
    CHECK(formats::decode_quoted_printable("a=3Db  \nc=\nd=ZZ=") == "a=b\ncd=ZZ");
    CHECK(formats::header_text("=?iso-8859-1?Q?a_=E4?=  =?utf-8?q?b?= c") == "a äb c");
    CHECK(formats::header_text("=?broken") == "=?broken");
    CHECK(formats::parse_header_value("Text/HTML; charset=\"a;b\\\"c\"; x").parameter("charset") ==
          "a;b\"c");
    CHECK(formats::iso_time_of_mail("1 Jan 2024 00:00:00 +0000") == "2024-01-01T00:00:00.000Z");
    CHECK(formats::iso_time_of_mail("yesterday at noon or so").empty());
}
