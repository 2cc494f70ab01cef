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
    serde_json::from_slice(&bytes).map_err(unreadable)
}

fn unreadable(error: impl std::fmt::Display) -> ApiError {
    plain(format!("The request could not be read: {error}."))
}
