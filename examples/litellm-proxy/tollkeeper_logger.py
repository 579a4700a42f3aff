"""What the proxy's `callbacks` name: it records what each call used, for the customer it names."""

from tollkeeper import Tollkeeper
from tollkeeper.integrations.litellm import TollkeeperLogger

tollkeeper = Tollkeeper(spool="./usage-spool")  # TOLLKEEPER_URL, TOLLKEEPER_KEY
logger = TollkeeperLogger(tollkeeper)
