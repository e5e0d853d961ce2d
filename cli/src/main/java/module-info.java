/** The command line. */
module detangle.cli {
    requires de.siegmar.fastcsv;
    requires detangle.pipelines;
    requires detangle.bench;
    requires info.picocli;
    requires org.slf4j;
    requires java.logging;
    requires me.tongfei.progressbar;
    requires tools.jackson.databind;

    opens detangle.cli to
            info.picocli;
}
