FROM scratch
COPY app.wasm /
RUN cat <<EOF > /etc/motd
hello
