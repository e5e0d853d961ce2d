package detangle.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Program;
import detangle.ir.Verifier;
import detangle.ir.text.ParseException;
import detangle.ir.text.Parser;
import detangle.ir.text.Printer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RoundTripTest {
    private static final int PROGRAMS = 1000;

    @Test
    void printingParsingPrintingIsAFixedPoint() {
        for (long seed = 0; seed < 2 * PROGRAMS; seed++) {
            Program program = (seed < PROGRAMS ? RandomPrograms.sample(seed) : RandomUpdates.sample(seed)).program();
            assertEquals(List.of(), Verifier.verify(program), "seed " + seed);
            String text = Printer.print(program);
            Program parsed = Parser.parse("random.dtir", text);
            assertEquals(List.of(), Verifier.verify(parsed), "seed " + seed);
            assertEquals(text, Printer.print(parsed), "seed " + seed);
        }
    }

    /** Whatever becomes of a text, the parser takes it or refuses it in its own words. */
    @Test
    void damagedTextIsReadOrRefused() {
        Random random = new Random(7);
        int refused = 0;
        for (long seed = 0; seed < PROGRAMS; seed++) {
            StringBuilder text =
                    new StringBuilder(Printer.print(RandomPrograms.sample(seed).program()));
            for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, "%{}[]()<>,:=@-\"\\9aB.\n".charAt(random.nextInt(21)));
                    default -> text.setCharAt(at, (char) (32 + random.nextInt(95)));
                }
            }
            try {
                Verifier.verify(Parser.parse("damaged.dtir", text.toString()));
            } catch (ParseException e) {
                refused++;
            }
        }
        assertTrue(refused > PROGRAMS / 4, "only " + refused + " were refused");
    }
}
