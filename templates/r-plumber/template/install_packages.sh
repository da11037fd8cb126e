#!/bin/sh
# Installs the R packages that are named in files, one a line: Debian's where it has them, which need no compiler, the
# others from CRAN or from the repository CRAN_REPOSITORY. NAME@VERSION comes from there in that version; renv.lock, where
# there is one, is restored by renv. Runs while the image is built.
#   install_packages.sh FILE...
set -eu

# r STEP NAME...: what R does about packages that are not Debian's
r() {
  Rscript - "$@" <<'END'
repository <- Sys.getenv("CRAN_REPOSITORY")
if (nzchar(repository)) options(repos = c(CRAN = repository))
step <- commandArgs(trailingOnly = TRUE)[1]
names <- commandArgs(trailingOnly = TRUE)[-1]
cran <- getOption("repos")[["CRAN"]]

fail <- function(...) {
  message("install_packages.sh: ", ...)
  quit(status = 1)
}
packages_of_cran <- function() {
  tryCatch(available.packages(), warning = function(w) {
    fail(cran, " cannot be reached: ", conditionMessage(w))
  })
}
lacking <- function(names) setdiff(names, rownames(installed.packages()))

if (step == "needs-compiler") {
  there <- packages_of_cran()
  more <- tools::package_dependencies(names, there, recursive = TRUE)
  all <- intersect(c(names, unlist(more)), rownames(there))
  cat(if ("yes" %in% there[all, "NeedsCompilation"]) "yes" else "no")
} else if (step == "versions") {
  packages_of_cran()
  for (pin in strsplit(names, "@", fixed = TRUE)) {
    tryCatch(
      remotes::install_version(pin[1], pin[2], upgrade = "never"),
      error = function(e) {
        fail(cran, " has no ", pin[1], " ", pin[2], ": ", conditionMessage(e))
      }
    )
    if (length(lacking(pin[1]))) fail(pin[1], " ", pin[2], " cannot be built")
  }
} else if (step == "lockfile") {
  renv::restore(
    library = .libPaths()[1], lockfile = "renv.lock", prompt = FALSE,
    repos = if (nzchar(repository)) getOption("repos")
  )
} else {
  packages_of_cran()
  install.packages(names)
  if (length(lacking(names))) {
    fail(
      "neither Debian nor ", cran, " has a package that can be installed as: ",
      toString(lacking(names))
    )
  }
}
END
}

installed() { dpkg-query --show --showformat '${Package}\n' | sort; }

debian='' cran='' pinned='' tools='' names=$(sed 's/#.*//' "$@")
apt-get update
for name in $names; do
  package=r-cran-$(echo "$name" | tr '[:upper:]' '[:lower:]')
  case $name in
    *@*) pinned="$pinned $name" tools="r-base-dev r-cran-remotes" ;;
    *) if apt-cache show "$package" >/dev/null 2>&1; then debian="$debian $package"; else cran="$cran $name"; fi ;;
  esac
done
others=$cran$pinned
echo "R packages from Debian:${debian:- none}; from CRAN:${others:- none}"
# the names are words:
# shellcheck disable=SC2046,SC2086
{
  [ -z "$debian" ] || apt-get install -y --no-install-recommends $debian
  compiled=no
  [ -z "$cran" ] || compiled=$(r needs-compiler $cran)
  [ "$compiled" = no ] || tools="$tools r-base-dev"
  [ ! -e renv.lock ] || tools="$tools r-base-dev r-cran-renv"
  installed >/tmp/before
  [ -z "$tools" ] || apt-get install -y --no-install-recommends $tools
  [ ! -e renv.lock ] || r lockfile
  [ -z "$pinned" ] || r versions $pinned
  [ -z "$cran" ] || r install $cran
  [ -z "$tools" ] || apt-get purge -y $(installed | comm -13 /tmp/before -)
  rm /tmp/before
}
rm -rf /var/lib/apt/lists/*
