/** The command line. */
@SuppressWarnings("requires-automatic") // Hardwood has no module descriptor.
module detangle.cli {
    requires de.siegmar.fastcsv;
    requires dev.hardwood.core;
    requires com.github.luben.zstd_jni; // Called by Hardwood, which does not say so, as is the next.
    requires jdk.jfr;
    requires detangle.pipelines;
    requires detangle.bench;
    requires detangle.compiler;
    requires detangle.experiment;
    requires detangle.export;
    requires detangle.hub;
    requires detangle.server;
    requires detangle.train;
    requires info.picocli;
    requires org.slf4j;
    requires java.logging;
    requires me.tongfei.progressbar;
    requires tools.jackson.databind;

    opens detangle.cli to
            info.picocli;
}
