# The Debian package: `cmake --build --preset release --target package` writes build/release/respand_VERSION_ARCH.deb. It
# contains the component `package`, whose paths begin at the root; scripts/package-test installs, upgrades, removes and purges it.

# The manual pages are written after the program is built, because they need its --help. All are compressed as Debian wants it (-9n).
set(pages ${CMAKE_BINARY_DIR}/package)
set(man ${PROJECT_SOURCE_DIR}/package/man)
add_custom_command(
  OUTPUT ${pages}/respand.1.gz
  COMMAND sh ${man}/respand.1.sh $<TARGET_FILE:respand_bin> ${PROJECT_VERSION} ${CMAKE_CROSSCOMPILING_EMULATOR} > ${pages}/respand.1
  COMMAND gzip -9nf ${pages}/respand.1
  DEPENDS respand_bin ${man}/respand.1.sh VERBATIM)
add_custom_command(
  OUTPUT ${pages}/respand.yaml.5.gz
  COMMAND awk -v version=${PROJECT_VERSION} -f ${man}/respand.yaml.5.awk ${PROJECT_SOURCE_DIR}/config/respand.yaml > ${pages}/respand.yaml.5
  COMMAND gzip -9nf ${pages}/respand.yaml.5
  DEPENDS ${man}/respand.yaml.5.awk ${PROJECT_SOURCE_DIR}/config/respand.yaml VERBATIM)
add_custom_command(
  OUTPUT ${pages}/changelog.gz
  COMMAND gzip -9nc ${PROJECT_SOURCE_DIR}/package/debian/changelog > ${pages}/changelog.gz
  DEPENDS ${PROJECT_SOURCE_DIR}/package/debian/changelog VERBATIM)
add_custom_command(
  OUTPUT ${pages}/CHANGELOG.md.gz
  COMMAND gzip -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md > ${pages}/CHANGELOG.md.gz
  DEPENDS ${PROJECT_SOURCE_DIR}/CHANGELOG.md VERBATIM)
foreach(shell bash zsh fish)
  add_custom_command(
    OUTPUT ${pages}/completion.${shell}
    COMMAND respand_bin completion ${shell} > ${pages}/completion.${shell}
    DEPENDS respand_bin VERBATIM)
endforeach()
foreach(form record config)
  set(option --schema)
  if(form STREQUAL record)
    set(option --record-schema)
  endif()
  add_custom_command(
    OUTPUT ${pages}/${form}.schema.json
    COMMAND respand_bin check ${option} > ${pages}/${form}.schema.json
    DEPENDS respand_bin VERBATIM)
endforeach()
file(MAKE_DIRECTORY ${pages})
add_custom_target(package_files ALL DEPENDS ${pages}/respand.1.gz ${pages}/respand.yaml.5.gz ${pages}/changelog.gz ${pages}/CHANGELOG.md.gz
  ${pages}/completion.bash ${pages}/completion.zsh ${pages}/completion.fish ${pages}/record.schema.json ${pages}/config.schema.json)

function(respand_package destination)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "RENAME" "FILES")
  foreach(file ${arg_FILES})
    if(arg_RENAME)
      install(FILES ${file} DESTINATION ${destination} RENAME ${arg_RENAME} COMPONENT package EXCLUDE_FROM_ALL)
    else()
      install(FILES ${file} DESTINATION ${destination} COMPONENT package EXCLUDE_FROM_ALL)
    endif()
  endforeach()
endfunction()

install(TARGETS respand_bin RUNTIME DESTINATION usr/bin COMPONENT package EXCLUDE_FROM_ALL)
respand_package(etc/respand FILES config/respand.yaml)
install(DIRECTORY DESTINATION etc/respand/conf.d COMPONENT package EXCLUDE_FROM_ALL)
respand_package(lib/systemd/system FILES systemd/respand.service systemd/respand.socket)
respand_package(usr/lib/sysusers.d FILES systemd/sysusers.conf RENAME respand.conf)
respand_package(usr/lib/tmpfiles.d FILES systemd/tmpfiles.conf RENAME respand.conf)
respand_package(usr/share/man/man1 FILES ${pages}/respand.1.gz)
respand_package(usr/share/man/man5 FILES ${pages}/respand.yaml.5.gz)
respand_package(usr/share/bash-completion/completions FILES ${pages}/completion.bash RENAME respand)
respand_package(usr/share/zsh/vendor-completions FILES ${pages}/completion.zsh RENAME _respand)
respand_package(usr/share/fish/vendor_completions.d FILES ${pages}/completion.fish RENAME respand.fish)
respand_package(usr/share/doc/respand FILES package/debian/copyright package/debian/README.Debian ${pages}/changelog.gz ${pages}/CHANGELOG.md.gz
  docs/runbooks.md)
respand_package(usr/share/respand/schema FILES ${pages}/record.schema.json ${pages}/config.schema.json)
respand_package(usr/share/respand/openapi FILES docs/openapi/intake.yaml docs/openapi/control.yaml)
set(monitoring package/monitoring)
respand_package(usr/share/respand/monitoring/grafana FILES ${monitoring}/grafana/host.json ${monitoring}/grafana/fleet.json ${monitoring}/grafana/nats.json ${monitoring}/grafana/spend.json)
respand_package(usr/share/respand/monitoring/prometheus FILES ${monitoring}/prometheus/respand.rules.yaml ${monitoring}/prometheus/respand.rules_test.yaml)
respand_package(usr/include/respand FILES include/respand/client.h)
install(DIRECTORY clients/ DESTINATION usr/share/respand/clients COMPONENT package EXCLUDE_FROM_ALL PATTERN "__pycache__" EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};${PROJECT_NAME};package;/")
set(CPACK_PACKAGING_INSTALL_PREFIX "/")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME respand)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(RESPAND_MAINTAINER "respand maintainers <respand@users.noreply.github.com>" CACHE STRING "Maintainer of the Debian package")
set(CPACK_PACKAGE_CONTACT ${RESPAND_MAINTAINER})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "ship completion records of language-model calls to Respan")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Applications hand completion records (JSON) over on a Unix socket, by HTTP, in
datagrams or as files, and get on with their work. respand makes each record
durable on this host and posts it to the Respan API, with its cost and
generation time, however long the network, the API or the host is away.
.
Nothing that it has acknowledged is lost: not by kill -9, not by power loss,
not by a week without network.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "init-system-helpers (>= 1.52), systemd (>= 249)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(debian ${PROJECT_SOURCE_DIR}/package/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/postinst ${debian}/prerm ${debian}/postrm ${debian}/conffiles)
include(CPack)
