//! Namespaces by pattern, such as `/device/{deviceId}`.

/// Parameters of a name and what stands for them.
pub(super) type Params = Vec<(String, String)>;

/// Segments of a name, each a text or a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Text(String),
    Param(String),
}

impl Pattern {
    /// Reads a pattern; `None` where it does not begin with a slash or a parameter has no name.
    pub fn parse(text: &str) -> Option<Self> {
        let segments = text.strip_prefix('/')?.split('/').map(|segment| {
            match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some("") => None,
                Some(name) => Some(Segment::Param(name.to_owned())),
                None => Some(Segment::Text(segment.to_owned())),
            }
        });
        segments.collect::<Option<Vec<_>>>().map(Self)
    }

    /// The parameters of a name that fits. A parameter stands for one segment that is not empty.
    pub fn matches(&self, name: &str) -> Option<Params> {
        let mut params = Vec::new();
        let mut parts = name.strip_prefix('/')?.split('/');
        for segment in &self.0 {
            let part = parts.next()?;
            match segment {
                Segment::Text(text) if text == part => {}
                Segment::Param(name) if !part.is_empty() => params.push((name.clone(), part.to_owned())),
                _ => return None,
            }
        }
        parts.next().is_none().then_some(params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_one_whole_segment() {
        let Some(pattern) = Pattern::parse("/device/{deviceId}") else { panic!("no pattern") };
        assert_eq!(pattern.matches("/device/a-1"), Some(vec![("deviceId".to_owned(), "a-1".to_owned())]));
        for name in ["/device", "/device/", "/device/a/b", "/devices/a", "device/a", "", "/"] {
            assert_eq!(pattern.matches(name), None, "{name}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        assert_eq!(Pattern::parse("device/{x}"), None);
        assert_eq!(Pattern::parse("/device/{}"), None);
    }
}
