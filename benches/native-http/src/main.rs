//! Greets whoever asks, by the name in the path, and says how much was sent along.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    Ok(match path.strip_prefix("/hello/").filter(|name| !name.is_empty()) {
        Some(name) => {
            let sent = request.into_body().collect().await.map_or(0, |body| body.to_bytes().len());
            Response::new(Full::from(format!("Hello, {name}! You sent {sent} bytes.\n")))
        }
        None => {
            let mut response = Response::new(Full::from("ask for /hello/NAME\n"));
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    })
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("Listening on http://{}", listener.local_addr()?);
    loop {
        let (client, _) = listener.accept().await?;
        client.set_nodelay(true)?;
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(client), service_fn(hello)));
    }
}
