package detangle.conformance;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import detangle.ir.DetangleException;

/**
 * Who may import whom. The module declarations say most of it; these rules hold on the class path too, and also where a
 * declaration is wider than the intent.
 */
@AnalyzeClasses(packages = "detangle", importOptions = ArchitectureTest.MainClasses.class)
class ArchitectureTest {
    private static final String IR = "detangle.ir..";
    private static final String COMPILER = "detangle.compiler..";
    private static final String SPI = "detangle.backend";
    private static final String REFERENCE = "detangle.backend.reference..";
    private static final String VECTOR = "detangle.backend.vector..";
    private static final String MODELS = "detangle.models..";
    private static final String RUNTIME = "detangle.runtime..";
    private static final String HUB = "detangle.hub..";
    private static final String PIPELINES = "detangle.pipelines..";
    private static final String CLI = "detangle.cli..";
    private static final String EXPORT = "detangle.export..";
    private static final String BENCH = "detangle.bench..";
    private static final String PEER = "detangle.peer..";
    private static final String WORKER = "detangle.bench.worker..";

    @ArchTest
    static final ArchRule exportKnowsTheIrAlone = classes()
            .that()
            .resideInAPackage(EXPORT)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "com.google.protobuf..", IR, EXPORT);

    /** What Detangle is compared with runs without it. */
    @ArchTest
    static final ArchRule peersKnowTheIrAlone = classes()
            .that()
            .resideInAPackage(PEER)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "ai.onnxruntime..", "ai.djl..", IR, WORKER, PEER);

    @ArchTest
    static final ArchRule benchFindsBackendsByTheirService = noClasses()
            .that()
            .resideInAPackage(BENCH)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(REFERENCE, VECTOR, CLI, "detangle.peer.onnxruntime..", "detangle.peer.djl..");

    @ArchTest
    static final ArchRule irStandsOnJavaBaseAlone = classes()
            .that()
            .resideInAPackage(IR)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", IR);

    @ArchTest
    static final ArchRule spiKnowsTheIrAlone = classes()
            .that()
            .resideInAPackage(SPI)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", IR, SPI);

    @ArchTest
    static final ArchRule compilerKnowsNoImplementationOfABackend = noClasses()
            .that()
            .resideInAPackage(COMPILER)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(REFERENCE, VECTOR, MODELS, RUNTIME, CLI);

    @ArchTest
    static final ArchRule referenceKnowsTheSpiAlone = noClasses()
            .that()
            .resideInAPackage(REFERENCE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(COMPILER, VECTOR, MODELS, RUNTIME, CLI);

    @ArchTest
    static final ArchRule vectorKnowsTheSpiAlone = noClasses()
            .that()
            .resideInAPackage(VECTOR)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(COMPILER, REFERENCE, MODELS, RUNTIME, CLI);

    @ArchTest
    static final ArchRule modelsKnowTheIrAlone = noClasses()
            .that()
            .resideInAPackage(MODELS)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(COMPILER, SPI, REFERENCE, VECTOR, RUNTIME, CLI);

    @ArchTest
    static final ArchRule hubKnowsNothingOfModels = classes()
            .that()
            .resideInAPackage(HUB)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.slf4j..", "tools.jackson..", "detangle.ir", HUB);

    @ArchTest
    static final ArchRule runtimeFindsBackendsByTheirService = noClasses()
            .that()
            .resideInAPackage(RUNTIME)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(REFERENCE, VECTOR, PIPELINES, CLI);

    /** What a pipeline does with texts needs no knowledge of how a model is compiled. */
    @ArchTest
    static final ArchRule pipelinesStandOnTheRuntime = noClasses()
            .that()
            .resideInAPackage(PIPELINES)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(COMPILER, SPI, REFERENCE, VECTOR, CLI);

    @ArchTest
    static final ArchRule cliSpeaksToTheRuntime = noClasses()
            .that()
            .resideInAPackage(CLI)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(REFERENCE, VECTOR);

    @ArchTest
    static final ArchRule onlyTheVectorBackendUsesTheVectorApi = noClasses()
            .that()
            .resideOutsideOfPackage(VECTOR)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("jdk.incubator.vector..");

    /** So whoever catches the four kinds of {@link DetangleException} catches all. */
    @ArchTest
    static final ArchRule publicExceptionsAreOfOneFamily = classes()
            .that()
            .areAssignableTo(RuntimeException.class)
            .and()
            .arePublic()
            .and()
            .resideOutsideOfPackage(PEER)
            .should()
            .beAssignableTo(DetangleException.class);

    /** Leaves test classes out: those of folders and those of the test jars that modules share. */
    static final class MainClasses implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return new DoNotIncludeTests().includes(location) && !location.contains("-tests.jar");
        }
    }
}
