# troupe_system_catalog(<layer> INCLUDE <path with @SYSTEM@>)
# Gives the layer's sources the header "<layer>/system_includes.hpp", which includes one file per
# line of messages/systems.def: the preprocessor can call things for each line of that list, but
# cannot include for them. Calls are made with `#define TROUPE_SYSTEM(x) …` and the list itself.
function(troupe_system_catalog layer)
  cmake_parse_arguments(CATALOG "" "INCLUDE" "" ${ARGN})
  set(list "${PROJECT_SOURCE_DIR}/messages/systems.def")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${list}")
  file(STRINGS "${list}" lines REGEX "^TROUPE_SYSTEM\\(")
  set(includes "#pragma once\n\n")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^TROUPE_SYSTEM\\(([a-z0-9_]+)\\).*" "\\1" SYSTEM "${line}")
    string(CONFIGURE "${CATALOG_INCLUDE}" path @ONLY)
    string(APPEND includes "#include \"${path}\"\n")
  endforeach()
  set(generated "${CMAKE_CURRENT_BINARY_DIR}/generated")
  file(CONFIGURE OUTPUT "${generated}/${layer}/system_includes.hpp" CONTENT "${includes}" @ONLY)
  target_include_directories(troupe_${layer} PRIVATE "${generated}")
endfunction()

# troupe_add_systems()
# Adds the folder of each line of messages/systems.def below the present one; its CMakeLists.txt
# adds the system's sources to the layer.
function(troupe_add_systems)
  file(STRINGS "${PROJECT_SOURCE_DIR}/messages/systems.def" lines REGEX "^TROUPE_SYSTEM\\(")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^TROUPE_SYSTEM\\(([a-z0-9_]+)\\).*" "\\1" system "${line}")
    add_subdirectory("${system}")
  endforeach()
endfunction()
