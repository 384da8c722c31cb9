FROM scratch
COPY app.wasm /
ENTRYPOIN ["/app.wasm"]
