FROM rust AS build
RUN cargo build --target wasm32-wasip1

FROM scratch
COPY README.md /
