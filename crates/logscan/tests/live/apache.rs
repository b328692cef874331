//! Where Apache and its modules are.

use std::path::{Path, PathBuf};

use crate::process::find_program;

/// Apache and its folder of modules.
pub(crate) fn find() -> Result<(PathBuf, PathBuf), String> {
    let apache =
        find_program(|name| name == "apache2" || name == "httpd").ok_or("Apache is not installed")?;
    let folders = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"];
    let folder = folders.iter().map(PathBuf::from).find(|f| f.join("mod_proxy_fcgi.so").exists());
    Ok((apache, folder.ok_or("Apache's modules are not where they are known to be")?))
}

/// The directives that load modules. Some are built in, which differs between distributions.
pub(crate) fn load<'m>(folder: &Path, modules: impl Iterator<Item = &'m &'m str>) -> String {
    let file = |name: &str| folder.join(format!("mod_{name}.so"));
    let found = modules.filter(|name| file(name).exists());
    found.map(|name| format!("LoadModule {name}_module {}\n", file(name).display())).collect()
}
