/** The interpreter behind the backend SPI. */
module detangle.backend.reference {
    requires detangle.backend;
}
