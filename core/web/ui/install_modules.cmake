# npm ci, with a word on what to do when it cannot fetch. Takes what npm's cache has before it asks the network.
file(MAKE_DIRECTORY ${WORK})
file(COPY ${UI}/package.json ${UI}/package-lock.json ${UI}/.npmrc DESTINATION ${WORK})
execute_process(COMMAND ${NPM} ci --prefer-offline WORKING_DIRECTORY ${WORK} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(failed)
  message(FATAL_ERROR "${said}\nThe page's packages could not be installed (npm ci in ${WORK}). Without a network: run it once where there is one, "
    "and bring npm's cache (npm config get cache); or build without the page: cmake -DKTP_PAGE=OFF")
endif()
