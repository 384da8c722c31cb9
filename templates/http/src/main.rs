//! Greets whoever asks for `/hello/NAME` over HTTP.

use wstd::http::{Body, Request, Response, Result, StatusCode};

#[wstd::http_server]
async fn main(request: Request<Body>) -> Result<Response<Body>> {
    match greeting(request.uri().path()) {
        Some(greeting) => Ok(Response::new(greeting.into())),
        None => {
            let response = Response::builder().status(StatusCode::NOT_FOUND);
            Ok(response.body("ask for /hello/NAME\n".to_owned().into())?)
        }
    }
}

/// What is answered at a path; nothing where there is nothing.
fn greeting(path: &str) -> Option<String> {
    let name = path
        .strip_prefix("/hello/")
        .filter(|name| !name.is_empty())?;
    Some(format!("Hello, {name}!\n"))
}

#[cfg(test)]
mod tests {
    use super::greeting;

    #[test]
    fn whoever_says_a_name_is_greeted() {
        assert_eq!(greeting("/hello/world").as_deref(), Some("Hello, world!\n"));
    }

    #[test]
    fn elsewhere_is_nobody() {
        assert_eq!(greeting("/hello/"), None);
        assert_eq!(greeting("/"), None);
    }
}
