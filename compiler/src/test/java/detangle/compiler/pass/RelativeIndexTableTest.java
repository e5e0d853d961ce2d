package detangle.compiler.pass;

import org.junit.jupiter.api.Test;

class RelativeIndexTableTest {
    @Test
    void anIndexOfTheDifferenceBecomesATable() {
        Sketch.becomes(new RelativeIndexTable(), """
                func @f(%a: f32[B,S,8]) -> (y: f32[B,S,S]) {
                  %0 = iota {axis=0, start=0} : i32[S,S]
                  %1 = iota {axis=1, start=0} : i32[S,S]
                  %2 = sub %0, %1 : i32[S,S]
                  %3 = constant 4 : i32[]
                  %4 = add %2, %3 : i32[S,S]
                  %5 = constant 7 : i32[]
                  %6 = min %4, %5 : i32[S,S]
                  %7 = gather_last %a, %6 : f32[B,S,S]
                  return y = %7
                }
                """, """
                func @f(%a: f32[B,S,8]) -> (y: f32[B,S,S]) {
                  %0 = iota {axis=0, start=-S+1} : i32[2*S-1]
                  %1 = constant 4 : i32[]
                  %2 = add %0, %1 : i32[2*S-1]
                  %3 = constant 7 : i32[]
                  %4 = min %2, %3 : i32[2*S-1]
                  %5 = toeplitz %4 {rows=S, columns=S} : i32[S,S]
                  %6 = gather_last %a, %5 : f32[B,S,S]
                  return y = %6
                }
                """);
    }

    @Test
    void anIndexOfTheSumStays() {
        Sketch.stays(new RelativeIndexTable(), """
                func @f(%a: f32[B,S,8]) -> (y: f32[B,S,S]) {
                  %0 = iota {axis=0, start=0} : i32[S,S]
                  %1 = iota {axis=1, start=0} : i32[S,S]
                  %2 = add %0, %1 : i32[S,S]
                  %3 = gather_last %a, %2 : f32[B,S,S]
                  return y = %3
                }
                """);
    }

    @Test
    void anIndexOfMoreThanTheDifferenceStays() {
        Sketch.stays(new RelativeIndexTable(), """
                func @f(%a: f32[B,S,8]) -> (y: f32[B,S,S]) {
                  %0 = iota {axis=0, start=0} : i32[S,S]
                  %1 = iota {axis=1, start=0} : i32[S,S]
                  %2 = sub %0, %1 : i32[S,S]
                  %3 = max %2, %0 : i32[S,S]
                  %4 = gather_last %a, %3 : f32[B,S,S]
                  return y = %4
                }
                """);
    }
}
