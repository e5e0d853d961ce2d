@echo off
rem Runs Detangle: detangle classify "Where is my card?". DETANGLE_JAVA_OPTS adds options for the JVM.
rem What the options are for, launch.sh says. This launcher makes no archive of classes by itself, and runs C2 for one answer too.
setlocal
set "DETANGLE_HOME=%~dp0.."
set "DETANGLE_CACHE=%LOCALAPPDATA%\detangle"
if not exist "%DETANGLE_CACHE%" mkdir "%DETANGLE_CACHE%"
set "DETANGLE_JDK=%JAVA_HOME%"
if exist "%DETANGLE_HOME%\runtime\bin\java.exe" set "DETANGLE_JDK=%DETANGLE_HOME%\runtime"
set "DETANGLE_JAVA=java"
if defined DETANGLE_JDK set "DETANGLE_JAVA=%DETANGLE_JDK%\bin\java"
set "DETANGLE_COLLECTOR=-XX:+UseParallelGC -XX:MaxNewSize=128m"
set "DETANGLE_START=-XX:Tier4InvocationThreshold=20000 -XX:Tier4MinInvocationThreshold=2400"
set "DETANGLE_START=%DETANGLE_START% -XX:Tier4CompileThreshold=60000 -XX:Tier4BackEdgeThreshold=160000"
if "%~1"=="train" set "DETANGLE_START="
if not "%~1"=="serve" goto collected
set "DETANGLE_START="
if not defined DETANGLE_JDK goto collected
findstr /r /c:"^JAVA_VERSION=.25\.0\.[3-9]" /c:"^JAVA_VERSION=.25\.0\.[1-9][0-9]" "%DETANGLE_JDK%\release" >nul 2>nul
if errorlevel 1 goto collected
set "DETANGLE_COLLECTOR=-XX:+UseG1GC -XX:G1PeriodicGCInterval=10000 -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30"
:collected
set "DETANGLE_CLASSES="
if exist "%DETANGLE_HOME%\classes.jsa" set DETANGLE_CLASSES="-XX:SharedArchiveFile=%DETANGLE_HOME%\classes.jsa" -XX:+VerifySharedSpaces
"%DETANGLE_JAVA%" -Xlog:disable -Xlog:all=warning:stderr -Xlog:cds*=off:stderr -Xlog:aot*=off:stderr ^
  -XX:MaxRAMPercentage=70 %DETANGLE_COLLECTOR% %DETANGLE_START% %DETANGLE_CLASSES% ^
  --module-path "%DETANGLE_HOME%\lib" --add-modules jdk.incubator.vector ^
  --enable-native-access=detangle.backend.vector,dev.hardwood.core,snappy.java,com.github.luben.zstd_jni ^
  "-Ddetangle.home=%DETANGLE_HOME%" "-Ddetangle.cache=%DETANGLE_CACHE%" ^
  %DETANGLE_JAVA_OPTS% -m detangle.cli/detangle.cli.Main %*
exit /b %ERRORLEVEL%
