//! What the errors of a service mean.

use std::any::Any;

use ::async_openai::error::OpenAIError;
use tower::BoxError;
use tower::timeout::error::Elapsed;

use crate::recording::Failure;

/// What an error means, whichever of the types it has that can become an `OpenAIError`.
pub(super) fn failure<E: Any>(error: &E) -> Failure {
    let error: &dyn Any = error;
    if let Some(error) = error.downcast_ref::<OpenAIError>() {
        of_client(error)
    } else if let Some(error) = error.downcast_ref::<BoxError>() {
        of_box(error)
    } else if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        Failure::of(error)
    } else {
        Failure::Other
    }
}

fn of_client(error: &OpenAIError) -> Failure {
    match error {
        OpenAIError::Reqwest(error) => Failure::of(error),
        // The retries have read a refusal's body to see whether trying again helps.
        OpenAIError::ApiError(refused) => Failure::Api {
            status: refused.status_code.as_u16(),
            code: refused.api_error.code.clone(),
            kind: refused.api_error.r#type.clone(),
        },
        OpenAIError::JSONDeserialize(..) => Failure::Undecodable,
        OpenAIError::Boxed(error) => of_box(error),
        _ => Failure::Other,
    }
}

fn of_box(error: &BoxError) -> Failure {
    if error.is::<Elapsed>() {
        Failure::Timeout
    } else if let Some(error) = error.downcast_ref::<OpenAIError>() {
        of_client(error)
    } else {
        Failure::of(&**error)
    }
}
