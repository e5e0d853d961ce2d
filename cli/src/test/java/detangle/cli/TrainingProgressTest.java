package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The progress of a training is shown in digits that everybody reads. */
class TrainingProgressTest {
    @Test
    void timesHaveTheDigitsOfAllOtherNumbers() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
        try {
            assertEquals("0:07 1:02:03", TrainingProgress.time(7) + " " + TrainingProgress.time(3723));
        } finally {
            Locale.setDefault(before);
        }
    }
}
