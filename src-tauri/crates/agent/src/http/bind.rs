//! Binds a route as the API declares it: the compiler checks method, query and answer.

use std::{future::Future, sync::Arc};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Query, Request},
    http::{StatusCode, Uri, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::{MethodFilter, MethodRouter, on},
};
use futures_util::{FutureExt, future::BoxFuture};
use hark_api::{
    ApiError,
    route::{Route, Verb},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{failed, plain};

/// A request's input: a query string, or the bytes of a body.
enum Asked {
    Query(Uri),
    Body(Bytes),
}

/// The handler of a route with its types erased, so that the server's machinery is compiled once and not
/// once per route.
type Answer = dyn Fn(Asked) -> BoxFuture<'static, Result<Vec<u8>, ApiError>> + Send + Sync;

/// Binds `route` to `answer`, which gets a clone of `part` and what was asked.
pub(super) fn bind<P, Q, R, F>(
    router: Router,
    route: &Route<Q, R>,
    part: &P,
    answer: fn(P, Q) -> F,
) -> Router
where
    P: Clone + Send + Sync + 'static,
    Q: DeserializeOwned + Send + 'static,
    R: Serialize + 'static,
    F: Future<Output = Result<R, ApiError>> + Send + 'static,
{
    let part = part.clone();
    let is_secret = route.is_secret;
    let answer = move |asked: Asked| {
        let part = part.clone();
        async move {
            let asked = asked.read();
            let asked = if is_secret { asked.map_err(|_| unread()) } else { asked }?;
            let answered = answer(part, asked).await?;
            serde_json::to_vec(&answered).map_err(plain)
        }
        .boxed()
    };
    router.route(route.path, of_answer(route.verb, route.body_bytes_max, Arc::new(answer)))
}

fn of_answer(verb: Verb, body_bytes_max: usize, answer: Arc<Answer>) -> MethodRouter {
    let method = match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
    };
    on(method, async move |request: Request| {
        match answered(verb, body_bytes_max, &*answer, request).await {
            Ok(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
            Err(error) => failed(StatusCode::UNPROCESSABLE_ENTITY, error),
        }
    })
}

async fn answered(
    verb: Verb,
    body_bytes_max: usize,
    answer: &Answer,
    request: Request,
) -> Result<Vec<u8>, ApiError> {
    let asked = match verb {
        Verb::Get => Asked::Query(request.into_parts().0.uri),
        Verb::Post => {
            let bytes = to_bytes(request.into_body(), body_bytes_max).await;
            Asked::Body(bytes.map_err(unreadable)?)
        }
    };
    answer(asked).await
}

impl Asked {
    fn read<Q: DeserializeOwned>(&self) -> Result<Q, ApiError> {
        match self {
            Self::Query(uri) => match Query::try_from_uri(uri) {
                Ok(Query(asked)) => Ok(asked),
                Err(error) => Err(unreadable(error)),
            },
            // A route that takes nothing may be asked with nothing, in any form.
            Self::Body(bytes) if matches!(bytes.trim_ascii(), b"" | b"{}") => {
                let nothing = serde_json::from_slice(b"null");
                nothing.or_else(|_| serde_json::from_slice(bytes)).map_err(unreadable)
            }
            Self::Body(bytes) => serde_json::from_slice(bytes).map_err(unreadable),
        }
    }
}

fn unreadable(error: impl std::fmt::Display) -> ApiError {
    plain(format!("The request could not be read: {error}."))
}

/// The same for what may be a secret, which the reason would repeat.
fn unread() -> ApiError {
    plain("The request could not be read: it is not of the form that this route takes.")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use hark_api::{Accepted, Credential, Target, TypedSecret, route};
    use tower_service::Service;

    use super::*;

    async fn asked(method: &str, path: &str, body: impl Into<Body>) -> (StatusCode, String) {
        let router = bind(Router::new(), &route::PAUSE, &7, |part, target: Target| async move {
            let subscriptions = vec![format!("{part} {:?}", target.subscription)];
            Ok(Accepted { subscriptions })
        });
        let router = bind(router, &route::SECRET, &(), |(), typed: TypedSecret| async move {
            Ok(Credential::Kept(typed.reveal().len().to_string()))
        });
        let mut router = bind(router, &route::STOP, &(), |(), ()| async { Ok(()) });
        let request = Request::builder().method(method).uri(path).body(body.into());
        let request = request.unwrap();
        let response = router.call(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(bytes.into()).unwrap())
    }

    #[tokio::test]
    async fn a_route_takes_what_is_declared_and_says_what_it_cannot_read() {
        let (status, said) = asked("POST", "/v1/pause", r#"{"subscription":"a"}"#).await;
        assert_eq!(
            (status, said.as_str()),
            (StatusCode::OK, r#"{"subscriptions":["7 Some(\"a\")"]}"#)
        );
        let (status, said) = asked("POST", "/v1/pause", r#"{"subscription":1}"#).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(said.contains("The request could not be read"), "{said}");
        assert_eq!(asked("GET", "/v1/pause", "").await.0, StatusCode::METHOD_NOT_ALLOWED);
        for nothing in ["", "null", "{}"] {
            assert_eq!(asked("POST", "/v1/stop", nothing).await.0, StatusCode::OK, "{nothing:?}");
        }
    }
    #[tokio::test]
    async fn what_is_wrong_with_a_secret_is_said_without_it_and_a_large_one_is_not_taken() {
        let sent = |body: String| asked("POST", "/v1/secrets", body);
        let (status, said) = sent(r#"{"url":"u","secret":"c4nary"}"#.to_owned()).await;
        assert_eq!((status, said.as_str()), (StatusCode::OK, r#"{"kept":"6"}"#));
        for wrong in [r#""c4nary""#, r#"{"url":"u","secret":["c4nary"]}"#, r#"{"c4nary":1}"#] {
            let (status, said) = sent(wrong.to_owned()).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
            assert!(said.contains("could not be read") && !said.contains("c4nary"), "{said}");
        }
        let (status, _) =
            sent(format!(r#"{{"url":"u","secret":"{}"}}"#, "c".repeat(160 << 10))).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}
