package detangle.experiment.glue;

import detangle.experiment.SharedFixtures;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The features of each task of GLUE are those of the original, with the tokenizers of v1 and of v3. */
final class GlueFeaturesTest {
    @ParameterizedTest
    @CsvSource({
        "STS-B,STS-B",
        "RTE,RTE",
        "MRPC,MRPC",
        "QNLI,QNLI",
        "CoLA,CoLA",
        "SST-2,SST-2",
        "QQP,QQP",
        "MNLI,MNLI",
        "MNLI,ANLI"
    })
    void areThoseOfTheOriginal(String folder, String name) {
        SharedFixtures.assertTask(folder, name);
    }
}
