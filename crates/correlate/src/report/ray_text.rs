//! Ray IDs in text.

use crate::ray::RayId;

/// Whether a text is nothing but a Ray ID, with or without its data centre.
pub(super) fn is_ray(text: &str) -> bool {
    whole(text.trim().as_bytes()).is_some()
}

/// A text that is nothing but a Ray ID.
pub(super) fn whole(text: &[u8]) -> Option<RayId> {
    let (_, suffix) = text.split_at_checked(16)?;
    let suffix_fits = match suffix {
        [] => true,
        [b'-', colo @ ..] => colo.len() == 3 && colo.iter().all(u8::is_ascii_alphanumeric),
        _ => false,
    };
    suffix_fits.then(|| RayId::parse(text)).flatten()
}
