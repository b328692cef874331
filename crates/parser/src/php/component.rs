//! Which part of a WordPress site a file belongs to.

use std::fmt;
use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

/// A part of a WordPress site, told from the path of a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Component<'b> {
    /// A plugin: the name of its folder, or of its file without `.php`, as `wp plugin deactivate` wants it.
    Plugin(&'b [u8]),
    /// A theme: the name of its folder.
    Theme(&'b [u8]),
    /// A must-use plugin, which cannot be deactivated: the name of its folder or file.
    MuPlugin(&'b [u8]),
    /// WordPress itself.
    Core,
}

impl<'b> Component<'b> {
    /// The component that a file belongs to; `None` where the path is none of a WordPress site.
    pub fn of(path: &'b [u8]) -> Option<Component<'b>> {
        let (mut content, mut bedrock, mut core) = (None, None, path.ends_with(b"/xmlrpc.php"));
        let mut rest = path;
        loop {
            // Of folders of the same name the outermost counts. A plugin may hold a copy of what is elsewhere
            // WordPress's own, so the folder of plugins goes first.
            if let Some(inner) = rest.strip_prefix(WP_CONTENT).filter(|_| content.is_none()) {
                let component = in_content(inner);
                if component.is_some() {
                    return component;
                }
                content = Some(inner);
            }
            bedrock = bedrock.or_else(|| rest.strip_prefix(BEDROCK));
            core |= rest.len() < path.len() && is_core(rest);
            match slash_w(rest) {
                Some(slash) => rest = rest.get(slash + 1..)?,
                None => break,
            }
        }
        bedrock.and_then(in_content).or_else(|| core.then_some(Component::Core))
    }

    /// The component to blame for what happened in the first of these files, called from the others in turn: the
    /// first plugin or theme, else WordPress itself where it happened there.
    pub fn to_blame(files: impl Iterator<Item = &'b [u8]>) -> Option<Component<'b>> {
        let mut first = None;
        for (at, file) in files.enumerate() {
            match Component::of(file) {
                Some(Component::Core) if at == 0 => first = Some(Component::Core),
                Some(Component::Core) | None => {}
                named => return named,
            }
        }
        first
    }

    /// Whether a text may hold a path that tells a component. Cheap, so that what is none of a WordPress site need not be
    /// taken apart.
    pub fn may_be_in(text: &[u8]) -> bool {
        static MARKS: LazyLock<[Finder<'static>; 3]> =
            LazyLock::new(|| [&b"wp-"[..], BEDROCK, b"xmlrpc.php"].map(Finder::new));
        MARKS.iter().any(|mark| mark.find(text).is_some())
    }

    /// What it is: `plugin`, `theme`, `mu-plugin` or `core`.
    pub fn as_str(self) -> &'static str {
        match self {
            Component::Plugin(_) => "plugin",
            Component::Theme(_) => "theme",
            Component::MuPlugin(_) => "mu-plugin",
            Component::Core => "core",
        }
    }

    /// Its name; WordPress itself has none.
    pub fn name(self) -> Option<&'b [u8]> {
        match self {
            Component::Plugin(name) | Component::Theme(name) | Component::MuPlugin(name) => Some(name),
            Component::Core => None,
        }
    }
}

/// `plugin woocommerce`, `WordPress core`.
impl fmt::Display for Component<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {}", self.as_str(), String::from_utf8_lossy(name)),
            None => f.write_str("WordPress core"),
        }
    }
}

/// The folder that holds plugins and themes: WordPress's own, and that of Bedrock (`WP_CONTENT_DIR` in its
/// `config/application.php`).
const WP_CONTENT: &[u8] = b"wp-content/";
const BEDROCK: &[u8] = b"web/app/";

/// Where `/w` is next, as which all folders begin that tell a component.
fn slash_w(path: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut rest = path;
    while let Some(nine) = rest.first_chunk::<9>()
        && let (Some(eight), Some(after)) = (nine.first_chunk::<8>(), nine.last_chunk::<8>())
    {
        let slash = u64::from_le_bytes(*eight) ^ (ONES * u64::from(b'/'));
        let w = u64::from_le_bytes(*after) ^ (ONES * u64::from(b'w'));
        let differ = slash | w;
        // The lowest high bit that is set is that of the first byte that is zero.
        let zeros = differ.wrapping_sub(ONES) & !differ & (ONES << 7);
        if zeros != 0 {
            return Some(path.len() - rest.len() + (zeros.trailing_zeros() / 8) as usize);
        }
        rest = rest.get(8..)?;
    }
    let at = rest.windows(2).position(|two| two == b"/w")?;
    Some(path.len() - rest.len() + at)
}

/// Whether a text may name a plugin or a theme.
pub(super) fn may_be_to_blame(text: &[u8]) -> bool {
    static CONTENT: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| [WP_CONTENT, BEDROCK].map(Finder::new));
    CONTENT.iter().any(|folder| folder.find(text).is_some())
}

fn in_content(rest: &[u8]) -> Option<Component<'_>> {
    if let Some(rest) = rest.strip_prefix(b"plugins/") {
        return name(rest, true).map(Component::Plugin);
    }
    if let Some(rest) = rest.strip_prefix(b"themes/") {
        return name(rest, false).map(Component::Theme);
    }
    name(rest.strip_prefix(b"mu-plugins/")?, true).map(Component::MuPlugin)
}

/// The folder at the start of a path, or the file there where it may be one alone.
fn name(rest: &[u8], file: bool) -> Option<&[u8]> {
    let end = match memchr::memchr(b'/', rest) {
        Some(slash) => slash,
        // `hello.php`, and for code of eval `hello.php(12) : eval()'d code`.
        None => memmem::find(rest, b".php").filter(|_| file)?,
    };
    rest.get(..end).filter(|name| !name.is_empty())
}

/// Whether what follows a slash is a folder of WordPress itself, or one of its scripts beside these, save for
/// `xmlrpc.php`.
fn is_core(rest: &[u8]) -> bool {
    let Some(name) = rest.strip_prefix(b"wp-") else { return false };
    name.starts_with(b"includes/")
        || name.starts_with(b"admin/")
        || matches!(
            name,
            b"activate.php"
                | b"blog-header.php"
                | b"comments-post.php"
                | b"cron.php"
                | b"load.php"
                | b"login.php"
                | b"settings.php"
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(path: &str) -> Option<String> {
        Component::of(path.as_bytes()).map(|c| c.to_string())
    }

    #[test]
    fn components_of_paths() {
        for (path, wanted) in [
            (
                "/var/www/example.com/wp-content/plugins/woocommerce/includes/class-wc.php",
                "plugin woocommerce",
            ),
            ("/var/www/wp-content/plugins/hello.php", "plugin hello"),
            ("/var/www/wp-content/plugins/hello.php(12) : eval()'d code", "plugin hello"),
            ("wp-content/plugins/akismet/akismet.php", "plugin akismet"),
            ("/var/www/wp-content/themes/astra/functions.php", "theme astra"),
            ("/var/www/wp-content/mu-plugins/loader.php", "mu-plugin loader"),
            ("/var/www/wp-content/mu-plugins/cache/run.php", "mu-plugin cache"),
            ("/srv/site/web/app/plugins/wp-rocket/inc/main.php", "plugin wp-rocket"),
            ("/srv/site/web/app/themes/sage/index.php", "theme sage"),
            ("/srv/site/web/wp/wp-includes/class-wpdb.php", "WordPress core"),
            ("/var/www/wp-admin/admin-ajax.php", "WordPress core"),
            ("/var/www/wp-settings.php", "WordPress core"),
            // A plugin's own copy of something.
            ("/var/www/wp-content/plugins/a/wp-includes/x.php", "plugin a"),
            ("/var/www/wp-content/plugins/a/wp-content/themes/b/x.php", "plugin a"),
        ] {
            assert_eq!(of(path).as_deref(), Some(wanted), "{path}");
        }
        for path in [
            "",
            "Unknown",
            "/var/www/app/plugins/a/b.php",
            "/var/www/my-wp-content/plugins/a/b.php",
            "/var/www/wp-content/plugins/",
            "/var/www/wp-content/plugins//a.php",
            "/var/www/wp-content/themes/functions.php",
            "/var/www/wp-content/object-cache.php",
            "/var/www/wp-content/theme.php",
            "/var/www/example.com/app/Cart.php",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
    }

    /// The same by searching the path for one folder after the other.
    fn simply(path: &[u8]) -> Option<Component<'_>> {
        let after_folder = |folder: &[u8]| {
            let at = memmem::find_iter(path, folder).find(|at| *at == 0 || path[at - 1] == b'/')?;
            Some(&path[at + folder.len()..])
        };
        let content = [WP_CONTENT, BEDROCK].into_iter().find_map(|folder| in_content(after_folder(folder)?));
        let core_files = [
            "/wp-activate.php",
            "/wp-blog-header.php",
            "/wp-comments-post.php",
            "/wp-cron.php",
            "/wp-load.php",
            "/wp-login.php",
            "/wp-settings.php",
            "/xmlrpc.php",
        ];
        let is_core = memmem::find(path, b"/wp-includes/").is_some()
            || memmem::find(path, b"/wp-admin/").is_some()
            || core_files.iter().any(|file| path.ends_with(file.as_bytes()));
        content.or(is_core.then_some(Component::Core))
    }

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "/",
            "/",
            "/",
            "wp-content",
            "web",
            "app",
            "plugins",
            "themes",
            "mu-plugins",
            "wp-includes",
            "wp-admin",
            "wp-cron.php",
            "wp-load.php",
            "wp-login.php",
            "wp-settings.php",
            "wp-activate.php",
            "wp-blog-header.php",
            "wp-comments-post.php",
            "xmlrpc.php",
            "wp-",
            "a",
            ".php",
            "w",
            "x.php(1) : eval()'d code",
            "\n",
            "\u{fc}",
        ])
    }

    proptest! {
        #[test]
        fn slash_w_is_found(path in "[/w.\u{b0}xv0-]{0,40}") {
            prop_assert_eq!(slash_w(path.as_bytes()), memmem::find(path.as_bytes(), b"/w"));
        }

        #[test]
        fn one_look_tells_what_many_searches_tell(pieces in prop::collection::vec(piece(), 0..14)) {
            let path = pieces.concat();
            let component = Component::of(path.as_bytes());
            prop_assert_eq!(component, simply(path.as_bytes()));
            prop_assert!(component.is_none() || Component::may_be_in(path.as_bytes()));
            prop_assert!(matches!(component, None | Some(Component::Core)) || may_be_to_blame(path.as_bytes()));
        }
    }

    #[test]
    fn the_first_plugin_or_theme_is_to_blame() {
        let blamed = |files: &[&'static str]| {
            Component::to_blame(files.iter().map(|f| f.as_bytes())).map(|c| c.to_string())
        };
        let core = "/w/wp-includes/class-wpdb.php";
        let plugin = "/w/wp-content/plugins/a/b.php";
        let theme = "/w/wp-content/themes/t/index.php";
        assert_eq!(blamed(&[core, core, plugin, theme]).as_deref(), Some("plugin a"));
        assert_eq!(blamed(&[theme, plugin]).as_deref(), Some("theme t"));
        assert_eq!(blamed(&[core, "/w/index.php"]).as_deref(), Some("WordPress core"));
        // Every request of a site comes through WordPress: that it called is no blame.
        assert_eq!(blamed(&["/w/vendor/x.php", core]), None);
        assert_eq!(blamed(&[]), None);
    }
}
