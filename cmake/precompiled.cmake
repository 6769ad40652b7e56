# Test programs: common headers parsed once, and JSON instantiated once, instead of in each file: half the time of their build.
# The sanitizer presets go without, so that a file that leans on them does not compile there. Not for core/: what g++ 12 inlines
# from a precompiled <string> at -O2 makes it warn of overflows that are none.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT KTP_SANITIZE)
  set(KTP_CAN_PRECOMPILE ON)
endif()
option(KTP_PRECOMPILE "Precompile common headers of the tests" ${KTP_CAN_PRECOMPILE})

# What a test costs is its building; -fpch-preprocess is for ccache.
set(KTP_TEST_OPTIONS -O0 -pthread)
if(KTP_PRECOMPILE)
  list(APPEND KTP_TEST_OPTIONS -fpch-preprocess)
  set(folder ${CMAKE_SOURCE_DIR}/tests/precompiled)
  add_library(ktp_json_instances STATIC ${folder}/json_instances.cpp)
  target_compile_options(ktp_json_instances PRIVATE -O1)  # -O2 takes twice as long to build
  file(CONFIGURE OUTPUT generated/precompiled.cpp CONTENT "")
  add_library(ktp_precompiled OBJECT ${CMAKE_BINARY_DIR}/generated/precompiled.cpp)
  target_precompile_headers(ktp_precompiled PRIVATE ${folder}/precompiled.hpp)
  target_link_libraries(ktp_precompiled PRIVATE ktp_flags GTest::gtest GTest::gmock)
  target_compile_options(ktp_precompiled PRIVATE ${KTP_TEST_OPTIONS} -fPIE)
endif()

# A target whose own sources are tests and nothing that has to be quick; sources of core/ or drivers/ in it stay what they are.
function(ktp_test_options target)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    if(source MATCHES "/(core|drivers|plugins)/" AND NOT source MATCHES "^${CMAKE_SOURCE_DIR}/tests/")
      set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS -O2)
    endif()
  endforeach()
  target_compile_options(${target} PRIVATE ${KTP_TEST_OPTIONS})
  if(KTP_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ktp_precompiled)
    target_link_libraries(${target} PRIVATE ktp_json_instances)
  endif()
endfunction()
