@echo off
rem Runs Detangle: detangle classify "Where is my card?". DETANGLE_JAVA_OPTS adds options for the JVM.
setlocal
set "DETANGLE_HOME=%~dp0.."
set "DETANGLE_CACHE=%LOCALAPPDATA%\detangle"
if not exist "%DETANGLE_CACHE%" mkdir "%DETANGLE_CACHE%"
set "DETANGLE_JAVA=java"
if defined JAVA_HOME set "DETANGLE_JAVA=%JAVA_HOME%\bin\java"
if exist "%DETANGLE_HOME%\runtime\bin\java.exe" set "DETANGLE_JAVA=%DETANGLE_HOME%\runtime\bin\java"
"%DETANGLE_JAVA%" -Xlog:disable -Xlog:all=warning:stderr ^
  -XX:MaxRAMPercentage=70 -XX:+UseParallelGC -XX:MaxNewSize=128m ^
  --module-path "%DETANGLE_HOME%\lib" --add-modules jdk.incubator.vector ^
  --enable-native-access=dev.hardwood.core,snappy.java,com.github.luben.zstd_jni ^
  "-Ddetangle.home=%DETANGLE_HOME%" "-Ddetangle.cache=%DETANGLE_CACHE%" ^
  %DETANGLE_JAVA_OPTS% -m detangle.cli/detangle.cli.Main %*
exit /b %ERRORLEVEL%
