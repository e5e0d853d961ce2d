/** The command line. */
module detangle.cli {
    requires detangle.runtime;
    requires info.picocli;
    requires tools.jackson.databind;
    requires org.slf4j;

    opens detangle.cli to
            info.picocli;
}
