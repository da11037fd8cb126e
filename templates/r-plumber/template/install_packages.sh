#!/bin/sh
# Installs the R packages that are named in files, one a line: Debian's where it has them, which need no compiler, the
# others from CRAN or from the repository CRAN_REPOSITORY. Runs while the image is built.
#   install_packages.sh FILE...
set -eu

debian='' cran=''
apt-get update
for name in $(sed 's/#.*//' "$@"); do
  package=r-cran-$(echo "$name" | tr '[:upper:]' '[:lower:]')
  if apt-cache show "$package" >/dev/null 2>&1; then debian="$debian $package"; else cran="$cran $name"; fi
done
# shellcheck disable=SC2086 # the names are words
[ -z "$debian" ] || apt-get install -y --no-install-recommends $debian
if [ -n "$cran" ]; then
  apt-get install -y --no-install-recommends r-base-dev
  # shellcheck disable=SC2086 # the names are words
  Rscript - $cran <<'R'
repository <- Sys.getenv("CRAN_REPOSITORY")
if (nzchar(repository)) options(repos = c(CRAN = repository))
names <- commandArgs(trailingOnly = TRUE)
install.packages(names)
lacking <- setdiff(names, rownames(installed.packages()))
if (length(lacking)) {
  message(
    "install_packages.sh: neither Debian nor ", getOption("repos")[["CRAN"]],
    " has a package that can be installed as: ", toString(lacking)
  )
  quit(status = 1)
}
R
  apt-get purge -y --auto-remove r-base-dev
fi
rm -rf /var/lib/apt/lists/*
