//! Pictures of messages for the page, under one scheme of their own: `hark-picture://localhost/ID`. What comes is what
//! the agent has decoded and encoded again; the page can name a message, and no address.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hark_api::{RawQuery, client::Client, route};
use tauri::http::{Response, StatusCode, header};

/// The scheme, which `img-src` names in the content security policy.
pub(crate) const SCHEME: &str = "hark-picture";

/// The answer to a request for a path.
pub(crate) async fn answer(client: &Client, path: &str) -> Response<Vec<u8>> {
    let png = picture(client, path).await;
    let status = if png.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut response = Response::new(png.unwrap_or_default());
    *response.status_mut() = status;
    let typed = header::HeaderValue::from_static("image/png");
    response.headers_mut().insert(header::CONTENT_TYPE, typed);
    response
}

async fn picture(client: &Client, path: &str) -> Option<Vec<u8>> {
    let message = path.strip_prefix('/')?.parse().ok()?;
    let picture = client.call(&route::PICTURE, &RawQuery { message }).await.ok()?;
    BASE64_STANDARD.decode(picture.png?).ok()
}
