//! Binds a route as the API declares it: the compiler checks method, query and answer.

use std::future::Future;

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Query, Request},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use hark_api::{
    ApiError,
    route::{Route, Verb},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{failed, plain};

/// A request that is larger is none that a client makes.
const BODY_BYTES_MAX: usize = 2 << 20;

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
    let (verb, part) = (route.verb, part.clone());
    let method = match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
    };
    let handle = async move |request: Request| -> Response {
        let asked = match verb {
            Verb::Get => of_query(&request),
            Verb::Post => of_body(request.into_body()).await,
        };
        let answered = match asked {
            Ok(asked) => answer(part, asked).await,
            Err(error) => Err(error),
        };
        match answered {
            Ok(value) => Json(value).into_response(),
            Err(error) => failed(StatusCode::UNPROCESSABLE_ENTITY, error),
        }
    };
    router.route(route.path, on(method, handle))
}

fn of_query<Q: DeserializeOwned>(request: &Request) -> Result<Q, ApiError> {
    match Query::try_from_uri(request.uri()) {
        Ok(Query(asked)) => Ok(asked),
        Err(error) => Err(unreadable(error)),
    }
}

async fn of_body<Q: DeserializeOwned>(body: Body) -> Result<Q, ApiError> {
    let bytes = to_bytes(body, BODY_BYTES_MAX).await.map_err(unreadable)?;
    // What needs nothing said may be asked with nothing.
    let text = if bytes.is_empty() { b"null" } else { &bytes[..] };
    serde_json::from_slice(text).map_err(unreadable)
}

fn unreadable(error: impl std::fmt::Display) -> ApiError {
    plain(format!("The request could not be read: {error}."))
}

#[cfg(test)]
mod tests {
    use hark_api::{Accepted, Target, route};
    use tower_service::Service;

    use super::*;

    async fn asked(method: &str, path: &str, body: &'static str) -> (StatusCode, String) {
        let router = bind(Router::new(), &route::PAUSE, &7, |part, target: Target| async move {
            let subscriptions = vec![format!("{part} {:?}", target.subscription)];
            Ok(Accepted { subscriptions })
        });
        let mut router = bind(router, &route::STOP, &(), |(), ()| async { Ok(()) });
        let request = Request::builder().method(method).uri(path).body(Body::from(body));
        let request = request.unwrap();
        let response = router.call(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), BODY_BYTES_MAX).await.unwrap();
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
        for nothing in ["", "null"] {
            assert_eq!(asked("POST", "/v1/stop", nothing).await.0, StatusCode::OK, "{nothing:?}");
        }
    }
}
