# The server as an image: Debian slim, no root, nothing written outside /data and /tmp.
#
#   docker build -t rag-memory .                      the server, without a browser
#   docker build -t rag-memory --target browser .     with headless Chromium for pages made by scripts
#
#   docker run --read-only --tmpfs /tmp -v rag:/data -p 127.0.0.1:8000:8000 \
#       -e RAG_AUTH=token -e RAG_TOKENS=... -e RAG_PUBLIC_URL=http://localhost:8000 rag-memory

FROM debian:bookworm-slim AS build
WORKDIR /src
# The list of packages alone first, so that a change of the sources does not install them anew.
COPY scripts/lib/packages.sh scripts/lib/
RUN bash -c '. scripts/lib/packages.sh && install_packages $(build_packages)' \
    && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY include include
COPY models models
COPY schema schema
COPY docs docs
COPY examples examples
COPY README.md LICENSE ./
COPY src src
RUN cmake --preset release && ninja -C build/release rag \
    && strip --strip-unneeded build/release/rag && build/release/rag --version

FROM debian:bookworm-slim AS system
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends ca-certificates libarchive13 libbrotli1 \
        libcpp-httplib0.11 libfmt9 libgumbo1 libicu72 libpqxx-6.4 libpsl5 libsimdjson14 libspdlog1.10 \
        libsqlite3-0 libssl3 libstdc++6 libstemmer0d libxml2 \
        poppler-utils zlib1g \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/* \
        /usr/share/doc/* /usr/share/man/* /usr/share/locale/*
RUN useradd --uid 10001 --user-group --home-dir /data --no-create-home --shell /usr/sbin/nologin rag \
    && install -d -o rag -g rag -m 0700 /data

# Nobody installs, logs in or mounts in a container that is replaced when it is to change. The
# database of packages stays, for whoever looks for known faults in them.
FROM system AS trimmed
RUN dpkg --purge --no-triggers --force-depends --force-remove-essential --force-remove-protected \
        adduser apt debconf debian-archive-keyring e2fsprogs fonts-dejavu-core gpgv \
        init-system-helpers libapt-pkg6.0 libext2fs2 libss2 libx11-data login logsave mount openssl \
        passwd perl-base sysvinit-utils tar >/dev/null 2>&1 \
    && rm -rf /usr/bin/dpkg* /usr/lib/dpkg /var/lib/dpkg/info /var/log/*

FROM system AS with-browser
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-liberation \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/* /usr/share/man/*

FROM scratch AS program
COPY --from=build /src/build/release/rag /usr/local/bin/rag
COPY LICENSE models/NOTICE /usr/share/rag-memory/
ENV PATH=/usr/local/bin:/usr/bin:/bin
ENV RAG_HOST=0.0.0.0 PORT=8000 RAG_DATA_DIR=/data RAG_LOG_FORMAT=json
USER rag
EXPOSE 8000
STOPSIGNAL SIGTERM
# No client is installed for it: bash opens the connection.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${PORT:-8000} && printf 'GET /health HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r answer <&3 && [[ $answer == *' 200 '* ]]"]
ENTRYPOINT ["/usr/local/bin/rag"]
CMD ["serve"]

FROM program AS browser
COPY --from=with-browser / /
# A container forbids user namespaces, of which Chromium's sandbox is made, and is one itself.
ENV RAG_BROWSER=/usr/bin/chromium-headless-shell RAG_BROWSER_SANDBOX=off
WORKDIR /data
VOLUME /data

# Last, so that it is what a build makes that names no target.
FROM program AS server
COPY --from=trimmed / /
WORKDIR /data
VOLUME /data
