# The Debian package, by CPack: 'cpack -G DEB' in the build folder, or scripts/release. Dates in it are those of
# SOURCE_DATE_EPOCH.
# SPDX-License-Identifier: Apache-2.0
set(CPACK_PACKAGE_NAME mpstress)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "mpstress maintainers <maintainers@users.noreply.github.com>")
set(CPACK_PACKAGE_HOMEPAGE_URL "https://github.com/mpstress/mpstress")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "stress testing and crash reproduction for GPU drivers")
set(CPACK_PACKAGE_DESCRIPTION
    "mpstress stresses a GPU driver from many threads, one process a round, and\nfinds out how each round really ended. It records every round in an SQLite\ndatabase and reports rates with their limits.\n.\nThe default device on Linux is a software model of Apple's driver; Vulkan\nleads to real drivers.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "sqlite3, mesa-vulkan-drivers")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)

# What only a package of Debian has. gzip -n leaves out the time.
option(MPSTRESS_DEBIAN "Install what a Debian package must have: copyright, compressed changelog and pages" OFF)
if(MPSTRESS_DEBIAN)
    file(WRITE ${CMAKE_BINARY_DIR}/copyright
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        "Upstream-Name: mpstress\nSource: https://github.com/mpstress/mpstress\n\n"
        "Files: *\nCopyright: 2026 the authors of mpstress\nLicense: Apache-2.0\n\n"
        "License: Apache-2.0\n On Debian systems, the full text of the Apache License version 2.0 is in\n"
        " /usr/share/common-licenses/Apache-2.0.\n")
    string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # of SOURCE_DATE_EPOCH
    file(WRITE ${CMAKE_BINARY_DIR}/changelog
        "mpstress (${PROJECT_VERSION}) unstable; urgency=medium\n\n  * What changed is in NEWS.gz.\n\n"
        " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
    install(FILES ${CMAKE_BINARY_DIR}/copyright ${CMAKE_BINARY_DIR}/changelog
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/mpstress)
    install(FILES CHANGELOG.md RENAME NEWS DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/mpstress)
    install(CODE "
        set(root \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share\")
        file(GLOB pages \${root}/man/man*/*)
        foreach(page \${root}/doc/mpstress/changelog \${root}/doc/mpstress/NEWS \${pages})
            execute_process(COMMAND gzip -9nf \${page} COMMAND_ERROR_IS_FATAL ANY)
        endforeach()")
endif()
