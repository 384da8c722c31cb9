//! Greets whoever asks, by the name in the path, and says how much was sent along.

use wstd::http::{Body, Request, Response, Result, StatusCode};

#[wstd::http_server]
async fn main(mut request: Request<Body>) -> Result<Response<Body>> {
    let path = request.uri().path().to_owned();
    match path.strip_prefix("/hello/").filter(|name| !name.is_empty()) {
        Some(name) => {
            let sent = request.body_mut().contents().await?.len();
            Ok(Response::new(format!("Hello, {name}! You sent {sent} bytes.\n").into()))
        }
        None => {
            let response = Response::builder().status(StatusCode::NOT_FOUND);
            Ok(response.body("ask for /hello/NAME\n".to_owned().into())?)
        }
    }
}
