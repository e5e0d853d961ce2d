/** The interpreter behind the backend SPI. */
module detangle.backend.reference {
    requires detangle.backend;

    provides detangle.backend.Backend with
            detangle.backend.reference.ReferenceBackend;
}
