#!/bin/sh
# Installs the R packages that are named in files, one a line: Debian's where it has them, which need no compiler, the
# others from CRAN or from the repository CRAN_REPOSITORY. Runs while the image is built.
#   install_packages.sh FILE...
set -eu

# r STEP NAME...: what R does about packages that are not Debian's
r() {
  Rscript - "$@" <<'END'
repository <- Sys.getenv("CRAN_REPOSITORY")
if (nzchar(repository)) options(repos = c(CRAN = repository))
step <- commandArgs(trailingOnly = TRUE)[1]
names <- commandArgs(trailingOnly = TRUE)[-1]
if (step == "needs-compiler") {
  there <- available.packages()
  more <- tools::package_dependencies(names, there, recursive = TRUE)
  all <- intersect(c(names, unlist(more)), rownames(there))
  quit(status = if ("yes" %in% there[all, "NeedsCompilation"]) 0 else 1)
}
install.packages(names)
lacking <- setdiff(names, rownames(installed.packages()))
if (length(lacking)) {
  message(
    "install_packages.sh: neither Debian nor ", getOption("repos")[["CRAN"]],
    " has a package that can be installed as: ", toString(lacking)
  )
  quit(status = 1)
}
END
}

installed() { dpkg-query --show --showformat '${Package}\n' | sort; }

debian='' cran='' names=$(sed 's/#.*//' "$@")
apt-get update
for name in $names; do
  package=r-cran-$(echo "$name" | tr '[:upper:]' '[:lower:]')
  if apt-cache show "$package" >/dev/null 2>&1; then debian="$debian $package"; else cran="$cran $name"; fi
done
# the names are words:
# shellcheck disable=SC2046,SC2086
{
  [ -z "$debian" ] || apt-get install -y --no-install-recommends $debian
  if [ -z "$cran" ]; then
    :
  elif r needs-compiler $cran; then
    installed >/tmp/before
    apt-get install -y --no-install-recommends r-base-dev
    r install $cran
    apt-get purge -y $(installed | comm -13 /tmp/before -)
    rm /tmp/before
  else
    r install $cran
  fi
}
rm -rf /var/lib/apt/lists/*
