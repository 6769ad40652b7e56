# A room is one folder of core/ = one static library = one door. The link graph repeats the arrows of docs/design.md;
# tools/check-includes holds the include graph to the same arrows.

add_library(ktp_flags INTERFACE)
target_compile_options(ktp_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  -Wundef
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)  # g++ 12 takes "text" + std::string for an overlap (GCC bug 105651)
if(KTP_WERROR)
  target_compile_options(ktp_flags INTERFACE -Werror)
endif()
if(KTP_SANITIZE)
  add_compile_options(-fsanitize=${KTP_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${KTP_SANITIZE})
endif()
if(KTP_FUZZ)  # every object, so that the fuzzer sees the branches of whatever it links
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

include(cmake/precompiled.cmake)

# ktp_room(NAME SOURCES a.cpp ... [USES room ...] [LIBS target ...])
function(ktp_room name)
  cmake_parse_arguments(A "" "" "SOURCES;USES;LIBS" ${ARGN})
  add_library(ktp_${name} STATIC ${A_SOURCES})
  target_include_directories(ktp_${name} PUBLIC ${CMAKE_SOURCE_DIR}/core)
  list(TRANSFORM A_USES PREPEND ktp_)
  target_link_libraries(ktp_${name} PUBLIC ${A_USES} PRIVATE ktp_flags ${A_LIBS})
endfunction()

# ktp_driver(NAME SOURCES a.cpp ... [LIBS target ...]): one folder of drivers/ = one plugin, two exported symbols.
function(ktp_driver name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} MODULE ${A_SOURCES})
  set_property(GLOBAL APPEND PROPERTY KTP_SHIPPED_PLUGINS ${name})
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${KTP_PLUGIN_DIR}
    CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(${name} PRIVATE ktp_sdk ktp_flags ${A_LIBS})
  target_link_options(${name} PRIVATE -Wl,--version-script=${CMAKE_SOURCE_DIR}/plugins/sdk/plugin.map)
  if(NOT KTP_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/ktp-station/plugins)
  # How `plugin check` opens it without hardware.
  set(manifest ${CMAKE_CURRENT_SOURCE_DIR}/${name}.manifest.yaml)
  if(EXISTS ${manifest})
    configure_file(${manifest} ${KTP_PLUGIN_DIR}/${name}.manifest.yaml COPYONLY)
    install(FILES ${manifest} DESTINATION ${CMAKE_INSTALL_LIBDIR}/ktp-station/plugins)
  endif()
endfunction()

# ktp_test(ROOM SOURCES a.cpp ... [LIBS target ...] [TIMEOUT s] [OPTIMISED]): ctest names begin with the room or driver.
# OPTIMISED: the tests themselves draw or photograph, pixel by pixel.
function(ktp_test room)
  cmake_parse_arguments(A "OPTIMISED" "ROOM;TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 120)
  endif()
  if(NOT A_ROOM)
    set(A_ROOM ${room})
  endif()
  if(KTP_SANITIZE)
    math(EXPR A_TIMEOUT "6 * ${A_TIMEOUT}")
  endif()
  add_executable(test_${room} ${A_SOURCES})
  target_include_directories(test_${room} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(test_${room} PRIVATE KTP_SOURCE_DIR="${CMAKE_SOURCE_DIR}" KTP_BINARY_DIR="${CMAKE_BINARY_DIR}")
  target_link_libraries(test_${room} PRIVATE ${A_LIBS} ktp_flags GTest::gtest_main GTest::gmock)
  if(NOT A_OPTIMISED)
    ktp_test_options(test_${room})
  endif()
  gtest_discover_tests(test_${room} TEST_PREFIX "${A_ROOM}." PROPERTIES TIMEOUT ${A_TIMEOUT} DISCOVERY_TIMEOUT 60)
endfunction()
