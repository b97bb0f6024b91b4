//! Operations that exist in a model and are not built yet.

use crate::{Fault, codes};

/// What a client is told who asks for an operation that is not built.
pub fn not_built(operation: &str) -> Fault {
    Fault::new(codes::NOT_IMPLEMENTED, format!("Simfra does not implement the operation {operation} yet."))
}

/// Implements [`Handle`](crate::Handle) for operations that are not built yet: each answers 501 with its name.
///
/// ```
/// # struct Ping;
/// # impl wire::Operation for Ping {
/// #     const NAME: &'static str = "Ping";
/// #     const RESULT_WRAPPER: Option<&'static str> = None;
/// #     type Input = String;
/// #     type Output = ();
/// #     fn rules() -> &'static [wire::constraint::MemberRule] {
/// #         &[]
/// #     }
/// # }
/// struct Service;
/// struct Cx;
/// wire::refuse!(Service, Cx: Ping);
/// ```
#[macro_export]
macro_rules! refuse {
    ($service:ty, $cx:ty: $($operation:ty),+ $(,)?) => {$(
        impl $crate::Handle<$operation, $cx> for $service {
            async fn handle(
                &self,
                _cx: &$cx,
                _input: <$operation as $crate::Operation>::Input,
            ) -> ::core::result::Result<<$operation as $crate::Operation>::Output, $crate::Fault> {
                let name = <$operation as $crate::Operation>::NAME;
                ::core::result::Result::Err($crate::refuse::not_built(name))
            }

            fn refusal(&self) -> ::core::option::Option<$crate::Fault> {
                let name = <$operation as $crate::Operation>::NAME;
                ::core::option::Option::Some($crate::refuse::not_built(name))
            }
        }
    )+};
}
