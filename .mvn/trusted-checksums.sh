# Sourced by ./build. Defines trusted_checksum_options, which prints Maven's options with which it compares all that it resolves with the SHA-256
# of .mvn/checksums/checksums.sha256, and fails where one differs: trusted_checksum_options HOME. What is not listed there, such as a TornadoVM of
# the user's own, is not compared. DETANGLE_RECORD_CHECKSUMS=true adds what is not listed. Maven before 3.9 knows no such options.

trusted_checksum_options() {
    echo "-Daether.trustedChecksumsSource.summaryFile=true"
    echo "-Daether.trustedChecksumsSource.summaryFile.basedir=$1/.mvn/checksums"
    # Not by repository: a mirror has another name, and gives the same files.
    echo "-Daether.trustedChecksumsSource.summaryFile.originAware=false"
    echo "-Daether.artifactResolver.postProcessor.trustedChecksums=true"
    echo "-Daether.artifactResolver.postProcessor.trustedChecksums.checksumAlgorithms=SHA-256"
    echo "-Daether.artifactResolver.postProcessor.trustedChecksums.record=${DETANGLE_RECORD_CHECKSUMS:-false}"
}
